package io.tailwater.core;

import io.grpc.ServerBuilder;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micronaut.configuration.kafka.admin.AdminClientFactory;
import io.micronaut.context.BeanProvider;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Replaces;
import io.micronaut.context.annotation.Value;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.context.event.BeanCreatedEvent;
import io.micronaut.context.event.BeanCreatedEventListener;
import io.micronaut.context.event.ShutdownEvent;
import io.micronaut.context.exceptions.ConfigurationException;
import io.tailwater.redis.RedisConfiguration;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.AdminClient;

/** Where the framework ends: hands its parts to {@link Core}. */
@Factory
final class CoreFactory {
  static final String EXECUTOR = "core-grpc";
  private static final int LEAST_THREADS = 4;

  /**
   * Runs calls and their continuations. Its queue is bounded by what fills it: calls by the
   * server's bound, continuations by the bound on those who wait.
   */
  @Bean(preDestroy = "shutdownNow")
  @Singleton
  @Named(EXECUTOR)
  ExecutorService executor(MeterRegistry registry) {
    int threads = Math.max(LEAST_THREADS, Runtime.getRuntime().availableProcessors());
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            threads,
            threads,
            0,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name(EXECUTOR + "-", 1).daemon().factory());
    registry.gauge("tailwater.core.grpc.queue", executor.getQueue(), queue -> queue.size());
    return executor;
  }

  /** The one admin client: micronaut-kafka makes one anyway. */
  @Bean(preDestroy = "close")
  @Singleton
  @Replaces(bean = AdminClient.class, factory = AdminClientFactory.class)
  AdminClient admin(KafkaClients kafka, @Value("${tailwater.instance}") String instance) {
    return kafka.admin(instance + "-watch");
  }

  @Bean(preDestroy = "close")
  @Context
  Core core(
      @Value("${tailwater.instance}") String instance,
      CoreConfiguration configuration,
      List<Namespace> namespaces,
      KafkaClients kafka,
      BeanProvider<AdminClient> admin,
      RedisConfiguration redis,
      FoldGate gate,
      BroadcastPort port,
      MeterRegistry registry,
      @Named(EXECUTOR) ExecutorService executor) {
    if (namespaces.isEmpty()) {
      throw new ConfigurationException(
          "no namespace is configured: set tailwater.namespaces.NAME.topic, for instance tailwater.namespaces.chat.topic=chat");
    }
    List<Namespace> sorted =
        namespaces.stream().sorted(Comparator.comparing(Namespace::name)).toList();
    List<Namespace> durable = sorted.stream().filter(each -> !each.ephemeral()).toList();
    List<Namespace> ephemeral = sorted.stream().filter(Namespace::ephemeral).toList();
    if (durable.isEmpty()) {
      throw new ConfigurationException(
          "every namespace is ephemeral: at least one must have a topic");
    }
    return new Core(
        new Core.Setting(
            instance,
            configuration,
            durable,
            ephemeral,
            kafka,
            // Last: a context that fails to start would not close it.
            admin.get(),
            redis,
            gate,
            port,
            registry,
            executor));
  }

  /** Before any bean is destroyed, nobody may be left waiting. */
  @Singleton
  static final class Stopping implements ApplicationEventListener<ShutdownEvent> {
    private final Core core;

    Stopping(Core core) {
      this.core = core;
    }

    @Override
    public void onApplicationEvent(ShutdownEvent event) {
      core.quiesce();
    }
  }

  /**
   * Leaves out Kafka's figures for each node, topic and partition: they come with other tags than
   * those of the whole client, which Prometheus does not take under one name.
   */
  @Singleton
  MeterFilter kafkaFigures() {
    return MeterFilter.deny(
        id ->
            id.getName().startsWith("kafka.")
                && (id.getTag("node-id") != null || id.getTag("topic") != null));
  }

  /** What the gRPC server needs beyond its configuration {@code grpc.server}. */
  @Singleton
  static final class ServerSetting implements BeanCreatedEventListener<ServerBuilder<?>> {
    private static final int LEAST_KEEP_ALIVE_SECONDS = 5;
    private static final int MOST_MESSAGE_BYTES = 4 << 20;

    private final ExecutorService executor;

    ServerSetting(@Named(EXECUTOR) ExecutorService executor) {
      this.executor = executor;
    }

    @Override
    public ServerBuilder<?> onCreated(BeanCreatedEvent<ServerBuilder<?>> event) {
      // Clients look often whether their connection is alive: that is no abuse.
      return event
          .getBean()
          .executor(executor)
          .maxInboundMessageSize(MOST_MESSAGE_BYTES)
          .permitKeepAliveTime(LEAST_KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
          .permitKeepAliveWithoutCalls(true);
    }
  }
}
