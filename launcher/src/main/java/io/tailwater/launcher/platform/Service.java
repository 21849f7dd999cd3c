package io.tailwater.launcher.platform;

import io.micronaut.context.ApplicationContext;
import io.tailwater.ai.AiStreamService;
import io.tailwater.backend.GrpcBackend;
import io.tailwater.core.EventCore;
import io.tailwater.edge.EdgeGateway;
import io.tailwater.launcher.terminal.LaunchException;
import io.tailwater.service.StartException;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The services of the platform, and how each is started in this JVM. */
enum Service {
  EVENT_CORE,
  EDGE_GATEWAY,
  AI_STREAM_SERVICE,
  GRPC_BACKEND;

  private static final Logger LOG = LoggerFactory.getLogger(Service.class);

  /**
   * Starts an instance; returns when its servers listen.
   *
   * @param name of the instance, e.g. {@code event-core-1}
   * @throws LaunchException if it does not start; the message is the service's own
   */
  ApplicationContext start(String name, Map<String, Object> properties) {
    try {
      return switch (this) {
        case EVENT_CORE -> EventCore.start(properties);
        case EDGE_GATEWAY -> EdgeGateway.start(properties);
        case AI_STREAM_SERVICE -> AiStreamService.start(properties);
        case GRPC_BACKEND -> GrpcBackend.start(properties);
      };
    } catch (StartException e) {
      LOG.error("{} did not start", name, e);
      throw new LaunchException(name + " did not start: " + e.getMessage());
    }
  }
}
