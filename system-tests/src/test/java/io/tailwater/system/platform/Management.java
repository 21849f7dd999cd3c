package io.tailwater.system.platform;

import io.micronaut.context.ApplicationContext;
import io.micronaut.management.endpoint.EndpointDefaultConfiguration;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.URI;

/** Where a service answers for health and metrics. */
public final class Management {
  private Management() {}

  /** The port of its own that a service has for it, or its only one. */
  public static URI of(ApplicationContext service) {
    EmbeddedServer server = service.getBean(EmbeddedServer.class);
    int port =
        service.getBean(EndpointDefaultConfiguration.class).getPort().orElse(server.getPort());
    return URI.create("http://127.0.0.1:" + port);
  }
}
