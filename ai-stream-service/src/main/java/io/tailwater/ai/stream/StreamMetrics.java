package io.tailwater.ai.stream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.tailwater.ai.stream.StreamEvent.Usage;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;

/** Counts what happens to streams. Any thread. */
public final class StreamMetrics {
  /** Those that have no metrics of their own. */
  private static final String OTHER = "other";

  private static final String CURRENCY = "currency";

  private final MeterRegistry registry;
  private final Counter joined;
  private final Map<Limit, Counter> refused = new EnumMap<>(Limit.class);
  private final Counter tokens;
  private final Timer firstToken;
  private final Timer queueWait;
  private final Timer published;
  private final Counter repeated;
  private final Counter lost;
  private final Counter leaseStoreFailures;
  private final Counter refusedForTokens;
  private final Counter usageLost;
  private final int maxSubjects;

  /** At most {@code maxSubjects}, and a few more if several come at the same time. */
  private final Set<String> subjects = ConcurrentHashMap.newKeySet();

  /** By how they ended. */
  private final Map<String, Counter> ended = new ConcurrentHashMap<>();

  /**
   * @param maxSubjects how many subjects have metrics of their own
   */
  public StreamMetrics(MeterRegistry registry, int maxSubjects) {
    this.registry = registry;
    this.maxSubjects = maxSubjects;
    this.refusedForTokens = registry.counter("tailwater.ai.streams.refused", "limit", "tokens");
    this.usageLost = registry.counter("tailwater.ai.usage.lost");
    used(OTHER, "prompt");
    used(OTHER, "completion");
    this.joined = registry.counter("tailwater.ai.streams.joined");
    for (Limit limit : Limit.values()) {
      refused.put(
          limit,
          registry.counter(
              "tailwater.ai.streams.refused", "limit", limit.name().toLowerCase(Locale.ROOT)));
    }
    this.tokens = registry.counter("tailwater.ai.tokens");
    this.firstToken = registry.timer("tailwater.ai.first.token");
    this.queueWait = registry.timer("tailwater.ai.queue.wait");
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

  /** Registers the number of streams that wait for a place, and its limit. */
  public void queue(IntSupplier streams, int max) {
    Gauge.builder("tailwater.ai.streams.queued", streams::getAsInt).register(registry);
    Gauge.builder("tailwater.ai.streams.queued.max", () -> max).register(registry);
  }

  /** A stream has left the queue, after this many nanoseconds. */
  public void queued(long nanos) {
    queueWait.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A caller joined a stream that existed. */
  public void joined() {
    joined.increment();
  }

  /** What a number of running streams is limited for. */
  public enum Limit {
    INSTANCE,
    MODEL,
    SUBJECT,
    ADDRESS
  }

  /** A stream was refused, because too many are running or queued already. */
  public void refused(Limit limit) {
    Objects.requireNonNull(refused.get(limit)).increment();
  }

  /** A stream was refused, since its user has used up its tokens. */
  public void refusedForTokens() {
    refusedForTokens.increment();
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

  /** The first piece of an answer has come, after this many nanoseconds. */
  public void firstToken(long nanos) {
    firstToken.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** An answer has ended with this usage; also with none, so that its model has a metric. */
  public void usage(String model, Usage usage) {
    usage(model, "prompt").increment(usage.promptTokens());
    usage(model, "completion").increment(usage.completionTokens());
  }

  /**
   * A subject has used tokens. Only the first ones have metrics of their own, since their number
   * has to be bounded; the others share one, of the subject {@code other}.
   */
  public void usageOf(String subject, Usage usage) {
    String name = counted(subject);
    used(name, "prompt").increment(usage.promptTokens());
    used(name, "completion").increment(usage.completionTokens());
  }

  private String counted(String subject) {
    String name = subject.isEmpty() ? "unknown" : subject;
    if (subjects.contains(name)) {
      return name;
    }
    if (subjects.size() >= maxSubjects) {
      return OTHER;
    }
    subjects.add(name);
    return name;
  }

  /** A subject has an answer of a model that has a price. */
  public void cost(String model, String subject, double cost, String currency) {
    registry.counter("tailwater.ai.usage.cost", "model", model, CURRENCY, currency).increment(cost);
    registry
        .counter("tailwater.ai.subject.cost", "subject", counted(subject), CURRENCY, currency)
        .increment(cost);
  }

  /** Registers what a model has cost so far: nothing. */
  public void costs(String model, String currency) {
    registry.counter("tailwater.ai.usage.cost", "model", model, CURRENCY, currency);
    registry.counter("tailwater.ai.subject.cost", "subject", OTHER, CURRENCY, currency);
  }

  private Counter used(String subject, String kind) {
    return registry.counter("tailwater.ai.subject.tokens", "subject", subject, "kind", kind);
  }

  /** The event with the usage of a stream is not in the log. */
  void usageLost() {
    usageLost.increment();
  }

  private Counter usage(String model, String kind) {
    return registry.counter("tailwater.ai.usage.tokens", "model", model, "kind", kind);
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
