package io.tailwater.ai;

import io.grpc.ServerBuilder;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import jakarta.inject.Singleton;
import java.util.concurrent.Executors;

/** Runs each gRPC call on a virtual thread, so that calls may wait for the log. */
@Singleton
final class GrpcThreads implements BeanCreatedEventListener<ServerBuilder<?>> {
  /** Prefix of the threads' names. */
  static final String THREAD = "ai-grpc-";

  @Override
  public ServerBuilder<?> onCreated(BeanCreatedEvent<ServerBuilder<?>> event) {
    return event
        .getBean()
        .executor(Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(THREAD, 0).factory()));
  }
}
