package io.tailwater.core.fold;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.core.store.Verdict;
import io.tailwater.core.topic.RecordCodec.SkipReason;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Safe for any thread: counts a namespace's folded records, {@code tailwater.core.records}. */
public final class FoldMetrics {
  private final Counter stored;
  private final Counter repeats;
  private final Counter closed;
  private final Counter pruned;
  private final Map<SkipReason, Counter> skipped = new EnumMap<>(SkipReason.class);

  /** Registers the counters of a namespace. */
  public FoldMetrics(MeterRegistry registry, String namespace) {
    stored = counter(registry, namespace, "stored");
    repeats = counter(registry, namespace, "repeat");
    closed = counter(registry, namespace, "closed");
    pruned = counter(registry, namespace, "pruned");
    for (SkipReason reason : SkipReason.values()) {
      skipped.put(reason, counter(registry, namespace, reason.name().toLowerCase(Locale.ROOT)));
    }
  }

  void judged(Verdict verdict) {
    switch (verdict) {
      case Verdict.Stored() -> stored.increment();
      case Verdict.Repeat(long first) -> repeats.increment();
      case Verdict.Closed(long by) -> closed.increment();
    }
  }

  /** Counts a skipped record; returns how many were skipped for this reason so far. */
  long skipped(SkipReason reason) {
    Counter counter = requireNonNull(skipped.get(reason));
    counter.increment();
    return (long) counter.count();
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
