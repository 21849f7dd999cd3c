package io.tailwater.backend;

import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.protobuf.services.HealthStatusManager;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.context.event.ShutdownEvent;
import io.tailwater.backend.chat.ChatMethods;
import io.tailwater.backend.chat.RoomLog;
import io.tailwater.backend.chat.Rules;
import io.tailwater.client.CallSecurity;
import io.tailwater.client.ChannelLog;
import io.tailwater.client.GrpcConfiguration;
import io.tailwater.client.PublishMetrics;
import io.tailwater.client.Publisher;
import io.tailwater.client.RemoteLog;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.EventCoreGrpc;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Makes the parts of this service. */
@Factory
final class Parts {
  private static final String RULES_THREAD = "backend-rules";
  private static final long RULES_PERIOD_S = 5;
  private static final long RULES_FIRST_MS = 200;
  private static final int MAX_WAITING = 10_000;
  private static final long MAX_WAITING_BYTES = 64L << 20;

  /** An event-core gives a verdict within 10 s. */
  private static final Duration PATIENCE = Duration.ofSeconds(12);

  @Singleton
  @Bean(preDestroy = "close")
  ServiceChannel eventCores(BackendConfiguration configuration, GrpcConfiguration grpc) {
    return ServiceChannel.open(
        configuration.eventCores(), EventCoreGrpc.getServiceDescriptor(), new CallSecurity(grpc));
  }

  @Singleton
  ChannelLog log(ServiceChannel eventCores) {
    return RemoteLog.failingFast(eventCores);
  }

  @Singleton
  @Bean(preDestroy = "shutdownNow")
  ScheduledExecutorService timer() {
    return Executors.newSingleThreadScheduledExecutor(
        Thread.ofPlatform().daemon().name(RULES_THREAD).factory());
  }

  /** Micronaut serves gRPC's health; it follows what is known of the event-cores. */
  @Context
  Rules rules(ChannelLog log, ScheduledExecutorService timer, HealthStatusManager health) {
    Rules rules = new Rules(log);
    refresh(rules, timer, health);
    return rules;
  }

  private static void refresh(
      Rules rules, ScheduledExecutorService timer, HealthStatusManager health) {
    rules
        .refresh()
        .thenAccept(
            known -> {
              health.setStatus(
                  HealthStatusManager.SERVICE_NAME_ALL_SERVICES,
                  known ? ServingStatus.SERVING : ServingStatus.NOT_SERVING);
              if (!timer.isShutdown()) {
                timer.schedule(
                    () -> refresh(rules, timer, health),
                    known ? TimeUnit.SECONDS.toMillis(RULES_PERIOD_S) : RULES_FIRST_MS,
                    TimeUnit.MILLISECONDS);
              }
            });
  }

  @Singleton
  RoomLog rooms(ServiceChannel eventCores, ChannelLog log, Rules rules, MeterRegistry meters) {
    Publisher publisher =
        new Publisher(
            eventCores,
            new Publisher.Bounds(MAX_WAITING, MAX_WAITING_BYTES, PATIENCE),
            new PublishMetrics(meters, "tailwater.backend.publish"));
    return new RoomLog(publisher, log, rules);
  }

  @Singleton
  Dispatch dispatch(RoomLog rooms, MeterRegistry meters) {
    return new Dispatch(ChatMethods.of(rooms), meters);
  }

  @Context
  GatewayStreams streams(
      Dispatch dispatch, BackendConfiguration configuration, MeterRegistry meters) {
    return new GatewayStreams(dispatch, configuration, meters);
  }

  /** Before the gRPC server stops, which would cut the streams with the calls on them. */
  @Singleton
  ApplicationEventListener<ShutdownEvent> stopping(
      GatewayStreams streams, HealthStatusManager health) {
    return event -> {
      health.enterTerminalState();
      streams.close();
    };
  }
}
