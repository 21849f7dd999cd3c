package io.tailwater.ai.stream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** Counts what happens to streams. Any thread. */
public final class StreamMetrics {
  private final MeterRegistry registry;
  private final Counter joined;
  private final Counter refused;
  private final Counter tokens;
  private final Timer published;
  private final Counter repeated;
  private final Counter lost;
  private final Counter leaseStoreFailures;

  /** By how they ended. */
  private final Map<String, Counter> ended = new ConcurrentHashMap<>();

  public StreamMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.joined = registry.counter("tailwater.ai.streams.joined");
    this.refused = registry.counter("tailwater.ai.streams.refused");
    this.tokens = registry.counter("tailwater.ai.tokens");
    this.published = registry.timer("tailwater.ai.publications");
    this.repeated = registry.counter("tailwater.ai.publications.repeated");
    this.lost = registry.counter("tailwater.ai.publications.lost");
    this.leaseStoreFailures = registry.counter("tailwater.ai.lease.store.failures");
  }

  /** Registers the number of running streams and its limit. */
  public void running(IntSupplier streams, int max) {
    Gauge.builder("tailwater.ai.streams.running", streams::getAsInt).register(registry);
    Gauge.builder("tailwater.ai.streams.running.max", () -> max).register(registry);
  }

  /** A caller joined a stream that existed. */
  public void joined() {
    joined.increment();
  }

  /** A stream was refused, since this instance is at its limit. */
  public void refused() {
    refused.increment();
  }

  /**
   * A generation has ended here.
   *
   * @param how one of a few words
   */
  public void ended(String how) {
    ended
        .computeIfAbsent(how, word -> registry.counter("tailwater.ai.streams.ended", "how", word))
        .increment();
  }

  /** Tokens were published. */
  public void tokens(int count) {
    tokens.increment(count);
  }

  /** An event has its verdict, after this many nanoseconds, repeats included. */
  void published(long nanos) {
    published.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** An event is published again, since its verdict was unknown. */
  void publicationRepeated() {
    repeated.increment();
  }

  /** The verdict of an event stayed unknown, and it is not published again. */
  void publicationLost() {
    lost.increment();
  }

  /** Redis did not answer. */
  public void leaseStoreFailed() {
    leaseStoreFailures.increment();
  }
}
