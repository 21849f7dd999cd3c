package io.tailwater.edge.frames;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Factory;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.acks.ReadMarks;
import io.tailwater.edge.backend.Calls;
import io.tailwater.edge.backend.KnownConnections;
import io.tailwater.edge.connection.RetryDelay;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.publish.Publishing;
import io.tailwater.edge.session.HandOvers;
import io.tailwater.edge.session.OpenCalls;
import io.tailwater.edge.session.Sessions;
import io.tailwater.edge.websocket.WebSocketConfiguration;
import jakarta.inject.Singleton;
import java.time.InstantSource;

/** Makes the parts of this package. */
@Factory
final class FramesWiring {
  @Singleton
  FramesParts parts(
      Access access,
      Namespaces namespaces,
      Subscriptions subscriptions,
      Sessions sessions,
      HandOvers handOvers,
      OpenCalls openCalls,
      KnownConnections known,
      Publishing publishing,
      ReadMarks marks,
      Calls calls,
      RetryDelay retryDelay,
      FramesConfiguration configuration,
      WebSocketConfiguration socket,
      MeterRegistry meters) {
    return new FramesParts(
        access,
        namespaces,
        subscriptions,
        sessions,
        handOvers,
        openCalls,
        known,
        publishing,
        marks,
        calls,
        retryDelay,
        configuration,
        socket,
        new FramesMetrics(meters),
        InstantSource.system());
  }
}
