package io.tailwater.edge;

import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import io.tailwater.edge.access.Revocations;
import io.tailwater.edge.connection.Drain;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.SegmentSource;
import jakarta.inject.Singleton;
import java.util.Map;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Ready once the log has been heard of, before which no channel could be read, and the revocations
 * in it have been read, before which no token is judged, and until it is told to end.
 */
@Singleton
@Readiness
final class EdgeHealth implements HealthIndicator {
  private final Namespaces namespaces;
  private final Revocations revocations;
  private final SegmentSource segments;
  private final Drain drain;

  EdgeHealth(Namespaces namespaces, Revocations revocations, SegmentSource segments, Drain drain) {
    this.namespaces = namespaces;
    this.revocations = revocations;
    this.segments = segments;
    this.drain = drain;
  }

  @Override
  public Publisher<HealthResult> getResult() {
    HealthStatus status =
        namespaces.ready() && revocations.complete() && !drain.begun()
            ? HealthStatus.UP
            : HealthStatus.DOWN;
    return Mono.just(
        HealthResult.builder("edge", status)
            .details(
                Map.of(
                    "log",
                    namespaces.ready(),
                    "revocations",
                    revocations.complete(),
                    "draining",
                    drain.begun(),
                    "segments",
                    segments.connected() ? "redis" : "follow"))
            .build());
  }
}
