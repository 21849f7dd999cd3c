package io.tailwater.edge.publish;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Factory;
import io.tailwater.client.PublishMetrics;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.limits.Places;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.Publishers;
import io.tailwater.redis.RedisPublisher;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/** Makes the parts of this package. */
@Factory
final class PublishWiring {
  /** One client alone gets half: eight connections with a batch of 1,000 each, and some room. */
  private static final int MAX_WAITING = 20_000;

  private static final long MAX_WAITING_BYTES = 64L << 20;

  @Singleton
  Publishing publishing(
      Publishers publishers,
      Namespaces namespaces,
      Authority authority,
      Admission admission,
      RedisPublisher redis,
      MeterRegistry meters) {
    PublishMetrics metrics = new PublishMetrics(meters, "tailwater.edge.publish");
    return new Publishing(
        namespaces,
        authority,
        admission,
        Places.ofPublications(MAX_WAITING, MAX_WAITING_BYTES, meters),
        publishers.open(MAX_WAITING, MAX_WAITING_BYTES, metrics),
        new EphemeralLane(redis, InstantSource.system(), Publishers.PATIENCE, metrics));
  }
}
