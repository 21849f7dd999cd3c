package io.tailwater.edge.ai;

import io.grpc.ManagedChannel;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import io.tailwater.contract.ServiceChannel;
import io.tailwater.edge.Subscriptions;
import jakarta.inject.Named;
import jakarta.inject.Singleton;

/** Makes the parts of this package. */
@Factory
final class AiWiring {
  @Singleton
  @Named("ai-streams")
  @Bean(preDestroy = "shutdownNow")
  ManagedChannel services(AiConfiguration configuration) {
    return ServiceChannel.open(configuration.aiStreams());
  }

  @Singleton
  AiStreams streams(@Named("ai-streams") ManagedChannel services) {
    return new AiStreams(services);
  }

  @Context
  @Bean(preDestroy = "close")
  Watching watching(
      RedisClient redis, @Value("${redis.uri}") String uri, Subscriptions subscriptions) {
    return new Watching(redis, RedisURI.create(uri), subscriptions);
  }
}
