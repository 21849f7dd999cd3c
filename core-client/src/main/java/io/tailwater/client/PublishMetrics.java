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

/** Counts and times publish requests. Meters are looked up once. Any thread. */
public final class PublishMetrics {
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
   * @param prefix of the meters' names, for instance {@code tailwater.edge.publish}: a timer by
   *     {@code outcome} with this name, and gauges {@code .waiting} and {@code .waiting.bytes}
   */
  public PublishMetrics(MeterRegistry meters, String prefix) {
    this.meters = meters;
    this.prefix = prefix;
  }

  /** Registers gauges of what waits for a verdict. */
  void watch(Window window) {
    Gauge.builder(prefix + ".waiting", window, Window::requests)
        .description("publish requests without a verdict")
        .register(meters);
    Gauge.builder(prefix + ".waiting.bytes", window, Window::bytes)
        .description("bytes of the publish requests without a verdict")
        .register(meters);
  }

  /** Starts to time a request. */
  public Timer.Sample start() {
    return Timer.start(meters);
  }

  /**
   * Records a request.
   *
   * @param outcome {@code stored}, {@code duplicate}, {@code timeout} or an error code
   */
  public void stop(Timer.Sample sample, String outcome) {
    sample.stop(timers.computeIfAbsent(outcome, this::timer));
  }

  void stop(Timer.Sample sample, Verdict verdict, boolean late) {
    stop(sample, late ? "timeout" : outcome(verdict));
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
