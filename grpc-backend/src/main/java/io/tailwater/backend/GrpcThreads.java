package io.tailwater.backend;

import io.grpc.ServerBuilder;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.tailwater.client.CallSecurity;
import io.tailwater.client.GrpcConfiguration;
import jakarta.inject.Singleton;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Runs each gRPC call on a virtual thread, asks callers for what {@link GrpcConfiguration} says,
 * and describes the service to tools.
 */
@Singleton
final class GrpcThreads implements BeanCreatedEventListener<ServerBuilder<?>> {
  /** Prefix of the threads' names. */
  static final String THREAD = "backend-grpc-";

  private static final int MIN_KEEP_ALIVE_SECONDS = 5;

  private final CallSecurity security;

  GrpcThreads(GrpcConfiguration grpc) {
    security = new CallSecurity(grpc);
  }

  @Override
  public ServerBuilder<?> onCreated(BeanCreatedEvent<ServerBuilder<?>> event) {
    security.secure(event.getBean());
    // Gateways ping their connections often; the default would end those as abusive.
    return event
        .getBean()
        .permitKeepAliveTime(MIN_KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true)
        .addService(ProtoReflectionServiceV1.newInstance())
        .executor(Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(THREAD, 0).factory()));
  }
}
