package io.tailwater.edge.publish;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Factory;
import io.tailwater.client.ServiceChannel;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.redis.RedisPublisher;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/** Makes the parts of this package. */
@Factory
final class PublishWiring {
  @Singleton
  Publisher publisher(
      @Named("event-core") ServiceChannel eventCores,
      Namespaces namespaces,
      RedisPublisher redis,
      MeterRegistry meters) {
    EphemeralLane ephemeral = new EphemeralLane(redis, InstantSource.system());
    return new Publisher(eventCores, namespaces, ephemeral, meters);
  }

  @Singleton
  Publishing publishing(Namespaces namespaces, Admission admission, Publisher publisher) {
    return new Publishing(namespaces, admission, publisher);
  }
}
