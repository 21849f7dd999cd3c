package io.tailwater.ai;

import io.grpc.ServerBuilder;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.tailwater.client.CallSecurity;
import io.tailwater.client.GrpcConfiguration;
import jakarta.inject.Singleton;
import java.util.concurrent.Executors;

/**
 * Runs each gRPC call on a virtual thread, so that calls may wait for the log, and asks callers for
 * what {@link GrpcConfiguration} says.
 */
@Singleton
final class GrpcThreads implements BeanCreatedEventListener<ServerBuilder<?>> {
  /** Prefix of the threads' names. */
  static final String THREAD = "ai-grpc-";

  private final CallSecurity security;

  GrpcThreads(GrpcConfiguration grpc) {
    security = new CallSecurity(grpc);
  }

  @Override
  public ServerBuilder<?> onCreated(BeanCreatedEvent<ServerBuilder<?>> event) {
    security.secure(event.getBean());
    return event
        .getBean()
        .executor(Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(THREAD, 0).factory()));
  }
}
