package io.tailwater.edge;

import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.util.Map;

/** Starts a gateway. */
public final class EdgeGateway {
  private EdgeGateway() {}

  /**
   * The address and the settings come from the environment; {@code docs/operating.md} lists them.
   */
  public static void main(String[] args) {
    ApplicationContext context = start(Map.of());
    Runtime.getRuntime().addShutdownHook(new Thread(context::close, "edge-shutdown"));
  }

  /**
   * Starts a gateway; it listens when this returns.
   *
   * @param properties settings that win over all others
   */
  public static ApplicationContext start(Map<String, Object> properties) {
    ApplicationContext context =
        ApplicationContext.builder()
            .overrideConfigLocations("classpath:edge-gateway/")
            .properties(properties)
            .properties(Map.of("tailwater.service", "edge-gateway"))
            .start();
    context.getBean(EmbeddedServer.class).start();
    return context;
  }
}
