package io.tailwater.ai.upstream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts requests to servers of models. Any thread. */
final class UpstreamMetrics {
  private final AtomicInteger open;
  private final Counter repeated;
  private final Counter failed;

  UpstreamMetrics(MeterRegistry registry) {
    open = registry.gauge("tailwater.ai.upstream.open", new AtomicInteger());
    repeated = registry.counter("tailwater.ai.upstream.repeated");
    failed = registry.counter("tailwater.ai.upstream.failed");
  }

  /** An answer is being read. */
  void opened() {
    open.incrementAndGet();
  }

  /** An answer is no longer being read. */
  void closed() {
    open.decrementAndGet();
  }

  /** An attempt failed, and there is another one or not. */
  void failed(boolean again) {
    (again ? repeated : failed).increment();
  }
}
