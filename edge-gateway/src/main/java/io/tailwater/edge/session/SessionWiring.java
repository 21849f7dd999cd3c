package io.tailwater.edge.session;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.tailwater.edge.access.Secrets;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.loop.EdgeLoops;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisListener;
import io.tailwater.redis.RedisPublisher;
import io.tailwater.redis.RedisScript;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Makes the parts of this package. */
@Factory
final class SessionWiring {
  private static final String SCRIPT = "/session/sessions.lua";

  @Context
  Sessions sessions(
      Secrets secrets,
      Redis redis,
      Namespaces namespaces,
      RedisPublisher publisher,
      RedisListener listener,
      EdgeLoops loops,
      MeterRegistry meters) {
    SecureRandom random = new SecureRandom();
    Sessions sessions =
        new Sessions(
            new SessionTokens(
                secrets,
                () -> {
                  byte[] bytes = new byte[SessionTokens.ID_BYTES];
                  random.nextBytes(bytes);
                  return bytes;
                }),
            new RedisScript(redis, SessionWiring.class, SCRIPT),
            namespaces::platform,
            publisher,
            () -> HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()));
    Gauge.builder("tailwater.edge.sessions", sessions, Sessions::size)
        .description("connections that have a session")
        .register(meters);
    sessions.listen(listener);
    loops.any().eventLoop().scheduleAtFixedRate(sessions::turn, 1, 1, TimeUnit.SECONDS);
    return sessions;
  }

  @Context
  OpenCalls openCalls(Sessions sessions, EdgeLoops loops, MeterRegistry meters) {
    OpenCalls openCalls = new OpenCalls(sessions, System::nanoTime);
    Gauge.builder("tailwater.edge.session.calls", openCalls, OpenCalls::size)
        .description("changes of the calls without an answer that Redis is about to get")
        .register(meters);
    loops
        .any()
        .eventLoop()
        .scheduleAtFixedRate(
            openCalls::turn, OpenCalls.EVERY_MS, OpenCalls.EVERY_MS, TimeUnit.MILLISECONDS);
    return openCalls;
  }

  @Context
  HandOvers handOvers(
      Sessions sessions,
      RedisPublisher publisher,
      RedisListener listener,
      EdgeLoops loops,
      MeterRegistry meters) {
    HandOvers handOvers = new HandOvers(sessions, publisher, loops.any().eventLoop());
    Gauge.builder("tailwater.edge.session.answers", handOvers, HandOvers::waiting)
        .description("answers that wait for the next connection of their session")
        .register(meters);
    handOvers.listen(listener);
    return handOvers;
  }
}
