package io.tailwater.client;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;

/** Times requests by their outcome. Meters are looked up once. Any thread. */
public final class OutcomeTimers {
  /** Bounds of the histogram's buckets. */
  private static final Duration[] LATENCIES =
      LongStream.of(2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  private final MeterRegistry meters;
  private final String name;
  private final String description;

  /** At most one for each outcome that callers use. */
  private final Map<String, Timer> timers = new ConcurrentHashMap<>();

  /**
   * @param name of the meter, which has a tag {@code outcome}
   */
  public OutcomeTimers(MeterRegistry meters, String name, String description) {
    this.meters = meters;
    this.name = name;
    this.description = description;
  }

  /** Registers the meter of an outcome before there is one, so that it can be seen. */
  public void expect(String outcome) {
    timers.computeIfAbsent(outcome, this::timer);
  }

  /** Starts to time a request. */
  public Timer.Sample start() {
    return Timer.start(meters);
  }

  /**
   * Records a request.
   *
   * @param outcome one of a few words
   */
  public void stop(Timer.Sample sample, String outcome) {
    sample.stop(timers.computeIfAbsent(outcome, this::timer));
  }

  private Timer timer(String outcome) {
    return Timer.builder(name)
        .description(description)
        .serviceLevelObjectives(LATENCIES)
        .tag("outcome", outcome)
        .register(meters);
  }
}
