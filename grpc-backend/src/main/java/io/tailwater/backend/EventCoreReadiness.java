package io.tailwater.backend;

import io.micronaut.core.async.publisher.Publishers;
import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import io.tailwater.client.ChannelLog;
import jakarta.inject.Singleton;
import org.reactivestreams.Publisher;

/** Reports ready while an event-core answers. */
@Singleton
@Readiness
final class EventCoreReadiness implements HealthIndicator {
  private final ChannelLog log;

  EventCoreReadiness(ChannelLog log) {
    this.log = log;
  }

  @Override
  public Publisher<HealthResult> getResult() {
    return Publishers.fromCompletableFuture(
        () ->
            log.heads()
                .handle((heads, failure) -> failure == null ? HealthStatus.UP : HealthStatus.DOWN)
                .thenApply(status -> HealthResult.builder("event-core", status).build()));
  }
}
