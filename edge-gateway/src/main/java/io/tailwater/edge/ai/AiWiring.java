package io.tailwater.edge.ai;

import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.client.CallSecurity;
import io.tailwater.client.GrpcConfiguration;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.AiStreamsGrpc;
import io.tailwater.edge.EdgeConfiguration;
import io.tailwater.edge.access.Origins;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.redis.Redis;
import jakarta.inject.Named;
import jakarta.inject.Singleton;

/** Makes the parts of this package. */
@Factory
final class AiWiring {
  @Singleton
  @Named("ai-streams")
  @Bean(preDestroy = "close")
  ServiceChannel services(AiConfiguration configuration, GrpcConfiguration grpc) {
    return ServiceChannel.open(
        configuration.aiStreams(), AiStreamsGrpc.getServiceDescriptor(), new CallSecurity(grpc));
  }

  @Singleton
  AiStreams streams(@Named("ai-streams") ServiceChannel services) {
    return new AiStreams(services);
  }

  @Singleton
  StreamRights rights(Namespaces namespaces) {
    return new StreamRights(namespaces);
  }

  @Singleton
  StreamKeys keys(EdgeConfiguration configuration) {
    return new StreamKeys(configuration.secrets().getFirst());
  }

  @Singleton
  Answers answers(
      Subscriptions subscriptions, Watching watching, Origins origins, ObjectMapper json) {
    return new Answers(subscriptions, watching, origins, json);
  }

  @Context
  @Bean(preDestroy = "close")
  Watching watching(Redis redis, Namespaces namespaces, Subscriptions subscriptions) {
    return new Watching(redis, namespaces::platform, subscriptions);
  }
}
