package io.tailwater.core;

import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.tailwater.core.fold.Readiness;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** Safe for any thread: reports the readiness of this instance, with its reasons. */
@Singleton
final class CoreHealth implements HealthIndicator {
  private final Core core;

  CoreHealth(Core core) {
    this.core = core;
  }

  @Override
  public Publisher<HealthResult> getResult() {
    Readiness readiness = core.readiness();
    Map<String, Object> details = new LinkedHashMap<>();
    details.put("caught_up", readiness.isCaughtUp());
    details.put("kafka_answers", readiness.kafkaAnswers());
    details.put("lag_ms", readiness.lag().toMillis());
    details.put("broadcasts", readiness.mayBroadcast());
    if (!readiness.isReady()) {
      details.put("reason", readiness.reason());
    }
    return Mono.just(
        HealthResult.builder(
                "event-core", readiness.isReady() ? HealthStatus.UP : HealthStatus.DOWN)
            .details(details)
            .build());
  }
}
