package io.tailwater.edge.websocket;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** Any thread: counts what happens on all WebSockets. */
final class WebSocketMetrics {
  private final MeterRegistry meters;
  private final AtomicInteger assembling = new AtomicInteger();
  private final AtomicInteger closing = new AtomicInteger();

  WebSocketMetrics(MeterRegistry meters) {
    this.meters = meters;
    meters.gauge("tailwater.edge.ws.assembling.bytes", assembling);
    meters.gauge("tailwater.edge.ws.closing", closing);
  }

  /** Bytes of messages whose last fragment has not arrived yet. */
  void assembling(int change) {
    assembling.addAndGet(change);
  }

  /** Connections that were sent a close and are still open, refused ones among them. */
  void closing(int change) {
    closing.addAndGet(change);
  }

  /** A connection was closed, by the gateway or by its client. */
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

  /** A client is not read for now, since its answers wait. */
  void paused() {
    meters.counter("tailwater.edge.ws.paused").increment();
  }
}
