package io.tailwater.core;

import io.micronaut.context.ApplicationContext;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.runtime.server.EmbeddedServer;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** Starts an event-core, as a process or within another. */
public final class EventCore {
  private EventCore() {}

  /**
   * Starts the service and returns once its servers listen; it is ready when it has caught up with
   * Kafka. Closing the context stops everything.
   *
   * @param properties configuration, above files and environment variables
   * @throws RuntimeException if it cannot start; the message of its innermost cause says why
   */
  public static ApplicationContext start(Map<String, Object> properties) {
    Map<String, Object> all = new HashMap<>(properties);
    all.put("tailwater.service", "event-core");
    // Elsewhere in Micronaut -1 is a free port; this server knows only 0.
    all.computeIfPresent(
        "grpc.server.port", (key, port) -> String.valueOf(port).equals("-1") ? 0 : port);
    ApplicationContext context =
        ApplicationContext.builder()
            .overrideConfigLocations("classpath:event-core/")
            .properties(all)
            .build();
    try {
      context.start();
      // The gRPC server starts and stops with this one.
      context.getBean(EmbeddedServer.class).start();
      return context;
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
  }

  /**
   * Runs until SIGTERM. Configuration: environment variables and {@code -D} properties. What keeps
   * it from starting is one sentence, and exit code 1.
   */
  public static void main(String[] args) throws InterruptedException {
    try {
      runUntilStopped(start(Map.of()));
    } catch (RuntimeException e) {
      System.err.println("event-core cannot start: " + innermost(e).getMessage());
      System.exit(1);
    }
  }

  private static Throwable innermost(Throwable failure) {
    Throwable cause = failure.getCause();
    boolean says = failure instanceof ConfigurationException && failure.getMessage() != null;
    return cause == null || says ? failure : innermost(cause);
  }

  private static void runUntilStopped(ApplicationContext context) throws InterruptedException {
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("core-stop")
                .unstarted(
                    () -> {
                      context.close();
                      stopped.countDown();
                    }));
    stopped.await();
  }
}
