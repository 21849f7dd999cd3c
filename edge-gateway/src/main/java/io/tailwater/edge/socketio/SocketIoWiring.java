package io.tailwater.edge.socketio;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.backend.Calls;
import io.tailwater.edge.backend.KnownConnections;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.hop.Hops;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.publish.Publishing;
import io.tailwater.edge.session.Sessions;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisScript;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.util.Base64;

/** Makes the parts of this package. */
@Factory
final class SocketIoWiring {
  private static final int ID_BYTES = 15;
  private static final String SCRIPT = "/socketio/rooms.lua";

  @Singleton
  SocketIoParts parts(
      Access access,
      Authority authority,
      Namespaces namespaces,
      Subscriptions subscriptions,
      Sessions sessions,
      Redis redis,
      Publishing publishing,
      Calls calls,
      KnownConnections known,
      SocketIoConfiguration configuration,
      MeterRegistry meters) {
    return new SocketIoParts(
        access,
        authority,
        namespaces,
        subscriptions,
        sessions,
        new KeptRooms(
            new RedisScript(redis, SocketIoWiring.class, SCRIPT),
            namespaces::platform,
            configuration.recovery()),
        publishing,
        calls,
        known,
        configuration,
        new SocketIoMetrics(meters));
  }

  /** From the start, so that other gateways are answered. */
  @Context
  PassedPolls passedPolls(Hops hops, EngineSessions sessions, SocketIoConfiguration configuration) {
    return new PassedPolls(hops, sessions, configuration);
  }

  @Singleton
  EngineSessions sessions(SocketIoConfiguration configuration, Hops hops, MeterRegistry meters) {
    SecureRandom random = new SecureRandom();
    return new EngineSessions(
        configuration,
        hops.gateway(),
        () -> {
          byte[] bytes = new byte[ID_BYTES];
          random.nextBytes(bytes);
          return Base64.getUrlEncoder().encodeToString(bytes);
        },
        meters);
  }
}
