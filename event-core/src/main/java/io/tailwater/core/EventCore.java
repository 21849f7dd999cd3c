package io.tailwater.core;

import io.micronaut.context.ApplicationContext;
import io.tailwater.client.GrpcConfiguration;
import io.tailwater.core.topic.Namespace;
import io.tailwater.service.Program;
import java.util.Map;

/**
 * Starts an event-core, as a process or within another. It is ready once it has caught up with
 * Kafka.
 */
public final class EventCore {
  private static final Program PROGRAM =
      Program.of(
              "event-core",
              "core-",
              CoreConfiguration.PREFIX,
              Namespace.PREFIX,
              GrpcConfiguration.PREFIX,
              "redis")
          .withNamed(Namespace.PREFIX, Namespace.class);

  private EventCore() {}

  /** Starts the service within this process, see {@link Program#start}. */
  public static ApplicationContext start(Map<String, Object> properties) {
    return PROGRAM.start(properties);
  }

  /** Runs the service as this process, see {@link Program#run}. */
  public static void main(String[] args) throws InterruptedException {
    PROGRAM.run();
  }
}
