package io.tailwater.edge;

import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import jakarta.inject.Singleton;
import java.util.Map;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/** Ready once the log has been heard of: before that no channel could be read. */
@Singleton
@Readiness
final class EdgeHealth implements HealthIndicator {
  private final Namespaces namespaces;
  private final SegmentSource segments;

  EdgeHealth(Namespaces namespaces, SegmentSource segments) {
    this.namespaces = namespaces;
    this.segments = segments;
  }

  @Override
  public Publisher<HealthResult> getResult() {
    HealthStatus status = namespaces.ready() ? HealthStatus.UP : HealthStatus.DOWN;
    return Mono.just(
        HealthResult.builder("edge", status)
            .details(
                Map.of(
                    "log",
                    namespaces.ready(),
                    "segments",
                    segments.connected() ? "redis" : "follow"))
            .build());
  }
}
