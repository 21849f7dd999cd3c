package io.tailwater.edge.backend;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.tailwater.client.OutcomeTimers;
import io.tailwater.contract.ErrorCode;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Counts and times calls. Any thread. */
final class CallMetrics {
  private static final Set<String> CODES =
      Arrays.stream(ErrorCode.values()).map(ErrorCode::wire).collect(Collectors.toSet());

  private static final String ANSWERED = "answered";

  private final OutcomeTimers timers;
  private final AtomicInteger waiting = new AtomicInteger();

  CallMetrics(MeterRegistry meters) {
    timers =
        new OutcomeTimers(meters, "tailwater.edge.calls", "from a call of a client to its outcome");
    timers.expect(ANSWERED);
    Gauge.builder("tailwater.edge.calls.waiting", waiting, AtomicInteger::get)
        .description("calls that were sent to the backend and have no answer")
        .register(meters);
  }

  Timer.Sample start() {
    return timers.start();
  }

  /**
   * Records a call.
   *
   * @param outcome null if its client has left before
   */
  void stop(Timer.Sample sample, @Nullable CallOutcome outcome) {
    timers.stop(
        sample,
        switch (outcome) {
          case null -> "cancelled";
          case CallOutcome.Answered _ -> ANSWERED;
          // The codes of a backend are its own, so there may be any number of them.
          case CallOutcome.Failed failed ->
              CODES.contains(failed.code()) ? failed.code() : "failed";
        });
  }

  void waiting(int change) {
    waiting.addAndGet(change);
  }
}
