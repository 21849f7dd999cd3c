package io.tailwater.edge.ai;

import io.grpc.ManagedChannel;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.tailwater.contract.ServiceChannel;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.redis.Redis;
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
  Watching watching(Redis redis, Subscriptions subscriptions) {
    return new Watching(redis, subscriptions);
  }
}
