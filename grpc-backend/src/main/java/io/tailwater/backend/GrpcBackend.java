package io.tailwater.backend;

import io.micronaut.context.ApplicationContext;
import io.tailwater.client.GrpcConfiguration;
import io.tailwater.service.Program;
import java.util.Map;

/** The backend that answers calls: gRPC for the gateways, HTTP for health and metrics. */
public final class GrpcBackend {
  private static final Program PROGRAM =
      Program.of("grpc-backend", "backend-", BackendConfiguration.PREFIX, GrpcConfiguration.PREFIX);

  private GrpcBackend() {}

  /** Starts the service within this process, see {@link Program#start}. */
  public static ApplicationContext start(Map<String, Object> properties) {
    return PROGRAM.start(properties);
  }

  /** Runs the service as this process, see {@link Program#run}. */
  public static void main(String[] args) throws InterruptedException {
    PROGRAM.run();
  }
}
