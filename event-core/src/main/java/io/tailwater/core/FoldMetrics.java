package io.tailwater.core;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.core.RecordCodec.SkipReason;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** Counts what the fold made of a namespace's records: {@code tailwater.core.records}. */
final class FoldMetrics {
  private final Counter stored;
  private final Counter repeats;
  private final Counter closed;
  private final Counter pruned;
  private final Map<SkipReason, Counter> skipped = new EnumMap<>(SkipReason.class);

  FoldMetrics(MeterRegistry registry, String namespace) {
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

  /** Returns how many were passed over for this reason so far. */
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
        .description("records that were folded, by what became of them")
        .tag("namespace", namespace)
        .tag("outcome", outcome)
        .register(registry);
  }
}
