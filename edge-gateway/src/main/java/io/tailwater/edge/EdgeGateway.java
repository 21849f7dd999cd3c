package io.tailwater.edge;

import io.micronaut.context.ApplicationContext;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.ServerFilter;
import io.tailwater.client.GrpcConfiguration;
import io.tailwater.edge.connection.Drain;
import io.tailwater.service.Program;
import java.util.Map;
import java.util.Set;

/** Starts a gateway, as a process or within another. */
public final class EdgeGateway {
  private static final Program PROGRAM =
      Program.of("edge-gateway", "edge-", "tailwater.edge", GrpcConfiguration.PREFIX, "redis")
          .eagerly(Set.of(Controller.class, ServerFilter.class))
          .closingAfter(EdgeGateway::drain);

  private EdgeGateway() {}

  /** Starts a gateway within this process, see {@link Program#start}. */
  public static ApplicationContext start(Map<String, Object> properties) {
    return PROGRAM.start(properties);
  }

  /** Runs a gateway as this process, see {@link Program#run}. On SIGTERM it drains first. */
  public static void main(String[] args) throws InterruptedException {
    PROGRAM.run();
  }

  private static void drain(ApplicationContext context) {
    try {
      context.getBean(Drain.class).run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
