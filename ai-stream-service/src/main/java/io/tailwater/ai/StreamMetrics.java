package io.tailwater.ai;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** What is counted here. */
final class StreamMetrics {
  private final MeterRegistry registry;
  private final Counter joined;
  private final Counter refused;
  private final Counter tokens;
  private final Timer published;
  private final Counter repeated;
  private final Counter lost;
  private final Counter leaseStoreFailures;

  StreamMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.joined = registry.counter("tailwater.ai.streams.joined");
    this.refused = registry.counter("tailwater.ai.streams.refused");
    this.tokens = registry.counter("tailwater.ai.tokens");
    this.published = registry.timer("tailwater.ai.publications");
    this.repeated = registry.counter("tailwater.ai.publications.repeated");
    this.lost = registry.counter("tailwater.ai.publications.lost");
    this.leaseStoreFailures = registry.counter("tailwater.ai.lease.store.failures");
  }

  /** How many run now, and how many may. */
  void running(IntSupplier streams, int most) {
    Gauge.builder("tailwater.ai.streams.running", streams::getAsInt).register(registry);
    Gauge.builder("tailwater.ai.streams.running.max", () -> most).register(registry);
  }

  void joined() {
    joined.increment();
  }

  /** One was refused since as many run as may. */
  void refused() {
    refused.increment();
  }

  /**
   * A generation is over here.
   *
   * @param how one of a few words
   */
  void ended(String how) {
    registry.counter("tailwater.ai.streams.ended", "how", how).increment();
  }

  void tokens(int count) {
    tokens.increment(count);
  }

  /** A publication has its verdict, after so many nanoseconds, repeats included. */
  void published(long nanos) {
    published.record(nanos, TimeUnit.NANOSECONDS);
  }

  void publicationRepeated() {
    repeated.increment();
  }

  /** A publication was given up without a verdict. */
  void publicationLost() {
    lost.increment();
  }

  void leaseStoreFailed() {
    leaseStoreFailures.increment();
  }
}
