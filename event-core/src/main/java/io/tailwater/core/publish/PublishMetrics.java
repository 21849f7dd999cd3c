package io.tailwater.core.publish;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Safe for any thread: times publications by their outcome, {@code tailwater.core.publish}. */
final class PublishMetrics {
  private final Map<Outcome, Timer> timers = new EnumMap<>(Outcome.class);

  PublishMetrics(MeterRegistry registry) {
    for (Outcome outcome : Outcome.values()) {
      timers.put(
          outcome,
          Timer.builder("tailwater.core.publish")
              .description("from a publication to its verdict")
              .publishPercentileHistogram()
              .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
  }

  /** A publication has its verdict, this long after it was requested. */
  void settled(Outcome outcome, long nanos) {
    requireNonNull(timers.get(outcome)).record(nanos, TimeUnit.NANOSECONDS);
  }
}
