package io.tailwater.ai;

import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import jakarta.inject.Singleton;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Reports ready while an event-core answers and the service is not stopping. Redis is not part of
 * it: streams go on without it.
 */
@Singleton
@Readiness
final class EventCoreReadiness implements HealthIndicator {
  private final Parts parts;

  EventCoreReadiness(Parts parts) {
    this.parts = parts;
  }

  @Override
  public Publisher<HealthResult> getResult() {
    return Mono.fromFuture(() -> parts.log().heads())
        .map(heads -> parts.streams().stopping() ? HealthStatus.DOWN : HealthStatus.UP)
        .onErrorReturn(HealthStatus.DOWN)
        .map(status -> HealthResult.builder("event-core", status).build());
  }
}
