package io.tailwater.edge.frames;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** Any thread: counts what happens in all conversations. */
final class FramesMetrics {
  private final AtomicInteger waiting = new AtomicInteger();

  FramesMetrics(MeterRegistry meters) {
    meters.gauge("tailwater.edge.ws.waiting", waiting);
  }

  /** Frames of clients that have no answer yet. */
  void waiting(int change) {
    waiting.addAndGet(change);
  }
}
