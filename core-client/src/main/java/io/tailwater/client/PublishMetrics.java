package io.tailwater.client;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.tailwater.client.Verdict.Closed;
import io.tailwater.client.Verdict.Conflicting;
import io.tailwater.client.Verdict.Refused;
import io.tailwater.client.Verdict.Stored;
import io.tailwater.client.Verdict.Unknown;
import io.tailwater.contract.ErrorCode;

/** Counts and times publish requests. Meters are looked up once. Any thread. */
public final class PublishMetrics {
  private final MeterRegistry meters;
  private final String prefix;
  private final OutcomeTimers timers;

  /**
   * @param prefix of the meters' names, for instance {@code tailwater.edge.publish}: a timer by
   *     {@code outcome} with this name, and gauges {@code .waiting} and {@code .waiting.bytes}
   */
  public PublishMetrics(MeterRegistry meters, String prefix) {
    this.meters = meters;
    this.prefix = prefix;
    timers = new OutcomeTimers(meters, prefix, "from a publish request to its verdict");
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
    return timers.start();
  }

  /**
   * Records a request.
   *
   * @param outcome {@code stored}, {@code duplicate}, {@code timeout} or an error code
   */
  public void stop(Timer.Sample sample, String outcome) {
    timers.stop(sample, outcome);
  }

  void stop(Timer.Sample sample, Verdict verdict, boolean late) {
    stop(sample, late ? "timeout" : outcome(verdict));
  }

  private static String outcome(Verdict verdict) {
    return switch (verdict) {
      case Stored(_, boolean duplicate, _) -> duplicate ? "duplicate" : "stored";
      case Closed _ -> ErrorCode.CLOSED.wire();
      case Conflicting _ -> ErrorCode.CONFLICT.wire();
      case Refused(ErrorCode code, _) -> code.wire();
      case Unknown _ -> ErrorCode.UNAVAILABLE.wire();
    };
  }
}
