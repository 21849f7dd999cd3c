package io.tailwater.edge.websocket;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Factory;
import io.tailwater.edge.loop.EdgeLoops;
import jakarta.inject.Singleton;

/** Makes the parts of this package. */
@Factory
final class WebSocketWiring {
  @Singleton
  WebSockets webSockets(
      EdgeLoops loops, WebSocketConfiguration configuration, MeterRegistry meters) {
    return new WebSockets(loops, configuration, meters);
  }
}
