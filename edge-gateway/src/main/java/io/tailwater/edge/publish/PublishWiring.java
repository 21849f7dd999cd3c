package io.tailwater.edge.publish;

import io.grpc.ManagedChannel;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import io.micronaut.http.netty.channel.EventLoopGroupRegistry;
import io.tailwater.edge.Namespaces;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/** Makes the parts of this package. */
@Factory
final class PublishWiring {
  @Singleton
  Publisher publisher(
      @Named("event-core") ManagedChannel eventCores,
      Namespaces namespaces,
      RedisLane ephemeral,
      MeterRegistry meters) {
    return new Publisher(eventCores, namespaces, ephemeral, meters);
  }

  @Singleton
  @Bean(preDestroy = "close")
  RedisLane ephemeral(
      RedisClient redis,
      @Value("${redis.uri}") String uri,
      EventLoopGroupRegistry groups,
      MeterRegistry meters) {
    RedisLane lane =
        new RedisLane(
            redis,
            RedisURI.create(uri),
            groups.getDefaultEventLoopGroup().next(),
            InstantSource.system());
    meters.gauge("tailwater.edge.ephemeral.waiting", lane, RedisLane::waiting);
    lane.connect();
    return lane;
  }

  @Singleton
  Publishing publishing(Namespaces namespaces, Publisher publisher) {
    return new Publishing(namespaces, publisher);
  }
}
