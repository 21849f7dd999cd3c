package io.tailwater.client;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.tailwater.client.Verdict.Closed;
import io.tailwater.client.Verdict.Refused;
import io.tailwater.client.Verdict.Stored;
import io.tailwater.client.Verdict.Unknown;
import io.tailwater.contract.ErrorCode;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;

/** Counts and times publish requests. Any thread. */
final class PublishMetrics {
  /** Bounds of the histogram's buckets. */
  private static final Duration[] LATENCIES =
      LongStream.of(2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final MeterRegistry meters;
  private final String prefix;

  /** At most one for each error code and a few more. */
  private final Map<String, Timer> timers = new ConcurrentHashMap<>();

  /**
   * @param prefix of the meters' names, for instance {@code tailwater.edge.publish}
   */
  PublishMetrics(MeterRegistry meters, String prefix, Window window) {
    this.meters = meters;
    this.prefix = prefix;
    Gauge.builder(prefix + ".waiting", window, Window::requests)
        .description("publish requests without a verdict")
        .register(meters);
    Gauge.builder(prefix + ".waiting.bytes", window, Window::bytes)
        .description("bytes of the publish requests without a verdict")
        .register(meters);
  }

  Timer.Sample start() {
    return Timer.start(meters);
  }

  void stop(Timer.Sample sample, Verdict verdict, boolean late) {
    sample.stop(
        timers.computeIfAbsent(late ? "timeout" : outcome(verdict), outcome -> timer(outcome)));
  }

  private Timer timer(String outcome) {
    return Timer.builder(prefix)
        .description("from a publish request to its verdict")
        .serviceLevelObjectives(LATENCIES)
        .tag("outcome", outcome)
        .register(meters);
  }

  private static String outcome(Verdict verdict) {
    return switch (verdict) {
      case Stored(_, boolean duplicate) -> duplicate ? "duplicate" : "stored";
      case Closed _ -> ErrorCode.CLOSED.wire();
      case Refused(ErrorCode code, _) -> code.wire();
      case Unknown _ -> ErrorCode.UNAVAILABLE.wire();
    };
  }
}
