package io.tailwater.ai;

import io.micronaut.context.ApplicationContext;
import io.tailwater.client.GrpcConfiguration;
import io.tailwater.service.Program;
import java.util.Map;

/** The service that runs generations: gRPC for its callers, HTTP for health and metrics. */
public final class AiStreamService {
  static final String NAME = "ai-stream-service";
  private static final Program PROGRAM =
      Program.of(NAME, "ai-", AiConfiguration.PREFIX, GrpcConfiguration.PREFIX, "redis")
          .withNamed(ModelConfiguration.PREFIX, ModelConfiguration.class);

  private AiStreamService() {}

  /** Starts the service within this process, see {@link Program#start}. */
  public static ApplicationContext start(Map<String, Object> properties) {
    return PROGRAM.start(properties);
  }

  /** Runs the service as this process, see {@link Program#run}. */
  public static void main(String[] args) throws InterruptedException {
    PROGRAM.run();
  }
}
