package io.tailwater.edge.ws;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** What is counted of all WebSocket connections. Any thread. */
final class WsMetrics {
  private final MeterRegistry meters;
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger assembling = new AtomicInteger();
  private final AtomicInteger closing = new AtomicInteger();

  WsMetrics(MeterRegistry meters) {
    this.meters = meters;
    meters.gauge("tailwater.edge.ws.waiting", waiting);
    meters.gauge("tailwater.edge.ws.assembling.bytes", assembling);
    meters.gauge("tailwater.edge.ws.closing", closing);
  }

  /** Frames of clients that have no answer yet. */
  void waiting(int change) {
    waiting.addAndGet(change);
  }

  /** Bytes of messages whose last fragment has not come yet. */
  void assembling(int change) {
    assembling.addAndGet(change);
  }

  /**
   * ConnectionAdmin that were sent a close, those that were refused among them, and are still open.
   */
  void closing(int change) {
    closing.addAndGet(change);
  }

  /** A connection was closed, by us or by its client. */
  void closed(int code, boolean byClient) {
    meters
        .counter(
            "tailwater.edge.ws.closed",
            "code",
            byClient ? "any" : Integer.toString(code),
            "by",
            byClient ? "client" : "gateway")
        .increment();
  }

  /** A client's frames are not read for now, since its answers wait. */
  void paused() {
    meters.counter("tailwater.edge.ws.paused").increment();
  }
}
