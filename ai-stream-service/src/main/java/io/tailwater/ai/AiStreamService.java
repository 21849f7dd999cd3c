package io.tailwater.ai;

import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The service that runs generations: gRPC for its callers, HTTP for health and metrics. */
public final class AiStreamService {
  static final String NAME = "ai-stream-service";

  private static final Logger LOG = LoggerFactory.getLogger(AiStreamService.class);

  private AiStreamService() {}

  /**
   * Starts the service; it listens when this returns. Closing the context stops all of it.
   *
   * @param properties win over the configuration file and the environment
   */
  public static ApplicationContext start(Map<String, Object> properties) {
    Map<String, Object> all = new TreeMap<>(properties);
    all.put("tailwater.service", NAME);
    // Micronaut's HTTP server calls a free port -1, its gRPC server 0.
    all.computeIfPresent("grpc.server.port", (_, port) -> port.equals(-1) ? 0 : port);
    ApplicationContext context =
        ApplicationContext.builder()
            .overrideConfigLocations("classpath:" + NAME + "/")
            .deduceEnvironment(false)
            .banner(false)
            .properties(all)
            .start();
    try {
      // Its gRPC server starts with it.
      context.getBean(EmbeddedServer.class).start();
      return context;
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
  }

  /** Runs until SIGTERM. */
  public static void main(String[] args) throws InterruptedException {
    ApplicationContext context;
    try {
      context = start(Map.of());
    } catch (RuntimeException e) {
      LOG.error("{} cannot start: {}", NAME, reason(e));
      LOG.debug("from", e);
      System.exit(1);
      return;
    }
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("ai-stop").unstarted(context::close));
    new CountDownLatch(1).await();
  }

  /** What was wrong, without the way through the beans. */
  private static String reason(Throwable failure) {
    Throwable innermost = failure;
    while (innermost.getCause() != null) {
      innermost = innermost.getCause();
    }
    return String.valueOf(innermost.getMessage());
  }
}
