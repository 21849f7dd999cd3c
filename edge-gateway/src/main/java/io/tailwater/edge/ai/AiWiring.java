package io.tailwater.edge.ai;

import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.AiStreamsGrpc;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.redis.Redis;
import jakarta.inject.Named;
import jakarta.inject.Singleton;

/** Makes the parts of this package. */
@Factory
final class AiWiring {
  @Singleton
  @Named("ai-streams")
  @Bean(preDestroy = "close")
  ServiceChannel services(AiConfiguration configuration) {
    return ServiceChannel.open(configuration.aiStreams(), AiStreamsGrpc.getServiceDescriptor());
  }

  @Singleton
  AiStreams streams(@Named("ai-streams") ServiceChannel services) {
    return new AiStreams(services);
  }

  @Context
  @Bean(preDestroy = "close")
  Watching watching(Redis redis, Subscriptions subscriptions) {
    return new Watching(redis, subscriptions);
  }
}
