package io.tailwater.edge;

import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import io.tailwater.edge.connection.Drain;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts a gateway. */
public final class EdgeGateway {
  private static final Logger LOG = LoggerFactory.getLogger(EdgeGateway.class);

  private EdgeGateway() {}

  /**
   * The address and the settings come from the environment; {@code docs/operating.md} lists them.
   */
  public static void main(String[] args) {
    ApplicationContext context;
    try {
      context = start(Map.of());
    } catch (RuntimeException e) {
      LOG.error("edge-gateway cannot start: {}", reason(e));
      LOG.debug("from", e);
      System.exit(1);
      return;
    }
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(context), "edge-shutdown"));
  }

  private static void stop(ApplicationContext context) {
    try {
      context.getBean(Drain.class).run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    context.close();
  }

  /**
   * Starts a gateway; it listens when this returns.
   *
   * @param properties settings that win over all others
   */
  public static ApplicationContext start(Map<String, Object> properties) {
    ApplicationContext context =
        ApplicationContext.builder()
            .eagerInitSingletons(true)
            .overrideConfigLocations("classpath:edge-gateway/")
            .properties(properties)
            .properties(Map.of("tailwater.service", "edge-gateway"))
            .start();
    try {
      context.getBean(EmbeddedServer.class).start();
      return context;
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
  }

  /** The last line of the innermost message: what was wrong, without the way through the beans. */
  private static String reason(Throwable failure) {
    Throwable innermost = failure;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    String message = String.valueOf(innermost.getMessage());
    return message
        .lines()
        .filter(line -> line.startsWith("Error "))
        .findFirst()
        .orElse(message.lines().findFirst().orElse(""));
  }
}
