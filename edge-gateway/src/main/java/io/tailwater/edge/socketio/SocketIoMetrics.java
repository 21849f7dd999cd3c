package io.tailwater.edge.socketio;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Any thread: counts what happens in all sockets. */
final class SocketIoMetrics {
  private final AtomicInteger waiting;
  private final AtomicInteger asked;
  private final AtomicLong attached;

  SocketIoMetrics(MeterRegistry meters) {
    waiting = meters.gauge("tailwater.edge.socketio.waiting", new AtomicInteger());
    asked = meters.gauge("tailwater.edge.socketio.asked", new AtomicInteger());
    attached = meters.gauge("tailwater.edge.socketio.attached.bytes", new AtomicLong());
  }

  /** Events of clients that have no answer yet. */
  void waiting(int change) {
    waiting.addAndGet(change);
  }

  /** Pushes that clients are to acknowledge. */
  void asked(int change) {
    asked.addAndGet(change);
  }

  /** Bytes of attachments whose packets are not complete. */
  void attached(long change) {
    attached.addAndGet(change);
  }
}
