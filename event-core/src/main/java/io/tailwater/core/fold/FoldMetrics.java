package io.tailwater.core.fold;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.core.store.Verdict;
import io.tailwater.core.topic.RecordCodec.SkipReason;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Safe for any thread: counts a namespace's folded records, {@code tailwater.core.records}. */
public final class FoldMetrics {
  private final Counter stored;
  private final Counter repeats;
  private final Counter closed;
  private final Counter conflicts;
  private final Counter pruned;
  private final Counter unreadable;
  private final Map<SkipReason, Counter> skipped = new EnumMap<>(SkipReason.class);
  private final Map<SkipReason, String> warnings = new ConcurrentHashMap<>();

  /** Registers the counters of a namespace. */
  public FoldMetrics(MeterRegistry registry, String namespace) {
    stored = counter(registry, namespace, "stored");
    repeats = counter(registry, namespace, "repeat");
    closed = counter(registry, namespace, "closed");
    conflicts = counter(registry, namespace, "conflict");
    pruned = counter(registry, namespace, "pruned");
    unreadable =
        Counter.builder("tailwater.core.records.unreadable")
            .description("stored events without a header that is not UTF-8 or too long")
            .tag("namespace", namespace)
            .register(registry);
    for (SkipReason reason : SkipReason.values()) {
      skipped.put(reason, counter(registry, namespace, reason.name().toLowerCase(Locale.ROOT)));
    }
  }

  void judged(Verdict verdict) {
    switch (verdict) {
      case Verdict.Stored _ -> stored.increment();
      case Verdict.Repeat(long first) -> repeats.increment();
      case Verdict.Closed(long by) -> closed.increment();
      case Verdict.Conflict _ -> conflicts.increment();
    }
  }

  /** Counts a skipped record; returns how many were skipped for this reason so far. */
  long skipped(SkipReason reason) {
    Counter counter = requireNonNull(skipped.get(reason));
    counter.increment();
    return (long) counter.count();
  }

  /** Keeps the newest warning about skipped records. */
  void warned(SkipReason reason, String warning) {
    warnings.put(reason, warning);
  }

  /** Records that were skipped since the start. */
  public List<Skipped> skipped() {
    return skipped.entrySet().stream()
        .map(
            each ->
                new Skipped(
                    each.getKey(),
                    (long) each.getValue().count(),
                    warnings.getOrDefault(each.getKey(), each.getKey().text())))
        .filter(each -> each.records() > 0)
        .toList();
  }

  /**
   * Skipped records of one reason. Immutable.
   *
   * @param warning the newest warning about them
   */
  public record Skipped(SkipReason reason, long records, String warning) {}

  /** Counts an event with a header that cannot be read; returns how many there were so far. */
  long unreadable() {
    unreadable.increment();
    return (long) unreadable.count();
  }

  void pruned(int events) {
    pruned.increment(events);
  }

  private static Counter counter(MeterRegistry registry, String namespace, String outcome) {
    return Counter.builder("tailwater.core.records")
        .description("folded records by outcome")
        .tag("namespace", namespace)
        .tag("outcome", outcome)
        .register(registry);
  }
}
