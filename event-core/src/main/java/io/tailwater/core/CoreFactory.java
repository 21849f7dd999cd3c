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
import io.micronaut.http.server.netty.NettyEmbeddedServer;
import io.tailwater.client.CallSecurity;
import io.tailwater.client.GrpcConfiguration;
import io.tailwater.core.broadcast.RedisSink;
import io.tailwater.core.broadcast.SegmentSinks;
import io.tailwater.core.fold.Gate;
import io.tailwater.core.topic.BuiltIn;
import io.tailwater.core.topic.KafkaClients;
import io.tailwater.core.topic.Namespace;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisTerms;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.AdminClient;

/** Creates what the framework injects, and hands the framework's parts to {@link Core}. */
@Factory
final class CoreFactory {
  static final String EXECUTOR = "core-grpc";
  private static final int MIN_THREADS = 4;
  private static final String REDIS_THREADS = "core-redis";
  private static final int MAX_BROADCASTS = 10_000;

  /**
   * Runs calls and their continuations. Its queue is bounded by its sources: the server bounds
   * calls, and the bound of waiters bounds continuations.
   */
  @Bean(preDestroy = "shutdownNow")
  @Singleton
  @Named(EXECUTOR)
  ExecutorService executor(MeterRegistry registry) {
    int threads = Math.max(MIN_THREADS, Runtime.getRuntime().availableProcessors());
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

  /** The one admin client, in place of the one that micronaut-kafka creates. */
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
      BeanProvider<Redis> redis,
      Gate gate,
      SegmentSinks sinks,
      MeterRegistry registry,
      @Named(EXECUTOR) ExecutorService executor) {
    if (namespaces.isEmpty()) {
      throw new ConfigurationException(
          "no namespace is configured: set tailwater.namespaces.NAME.topic, for instance tailwater.namespaces.chat.topic=chat");
    }
    List<Namespace> sorted =
        BuiltIn.beside(namespaces).stream().sorted(Comparator.comparing(Namespace::name)).toList();
    List<Namespace> durable = sorted.stream().filter(each -> !each.ephemeral()).toList();
    List<Namespace> ephemeral = sorted.stream().filter(Namespace::ephemeral).toList();
    if (namespaces.stream().allMatch(Namespace::ephemeral)) {
      throw new ConfigurationException(
          "every namespace is ephemeral: at least one must have a topic");
    }
    // Its address may be refused; the admin client would not be closed then.
    Redis connections = redis.get();
    return new Core(
        new Core.Setting(
            instance,
            configuration,
            durable,
            ephemeral,
            kafka,
            // After all that may fail: a context that fails to start would not close it.
            admin.get(),
            connections,
            gate,
            sinks,
            System::nanoTime,
            registry,
            executor));
  }

  @Singleton
  RedisTerms redisTerms() {
    return new RedisTerms(REDIS_THREADS, MAX_BROADCASTS);
  }

  /** Records are folded as soon as they are polled. */
  @Singleton
  Gate gate() {
    return Gate.OPEN;
  }

  /** Segments are broadcast over Redis. */
  @Singleton
  SegmentSinks sinks() {
    return RedisSink::new;
  }

  /**
   * Answers every waiting call before a bean is destroyed, and takes no further request. Micronaut
   * looks up beans to answer one, and would create again what was just destroyed.
   */
  @Singleton
  static final class Stopping implements ApplicationEventListener<ShutdownEvent> {
    private final Core core;
    private final BeanProvider<NettyEmbeddedServer> http;

    Stopping(Core core, BeanProvider<NettyEmbeddedServer> http) {
      this.core = core;
      this.http = http;
    }

    @Override
    public void onApplicationEvent(ShutdownEvent event) {
      core.quiesce();
      http.ifPresent(NettyEmbeddedServer::stopServerOnly);
    }
  }

  /**
   * Leaves out Kafka's figures for each node, topic and partition. Their tags differ from those of
   * the whole client, and Prometheus refuses different tags under one name.
   */
  @Singleton
  MeterFilter kafkaFigures() {
    return MeterFilter.deny(
        id ->
            id.getName().startsWith("kafka.")
                && (id.getTag("node-id") != null || id.getTag("topic") != null));
  }

  /** Settings of the gRPC server beyond its configuration {@code grpc.server}. */
  @Singleton
  static final class ServerSetting implements BeanCreatedEventListener<ServerBuilder<?>> {
    private static final int MIN_KEEP_ALIVE_SECONDS = 5;
    private static final int MAX_MESSAGE_BYTES = 4 << 20;

    private final ExecutorService executor;
    private final CallSecurity security;

    ServerSetting(@Named(EXECUTOR) ExecutorService executor, GrpcConfiguration grpc) {
      this.executor = executor;
      this.security = new CallSecurity(grpc);
    }

    @Override
    public ServerBuilder<?> onCreated(BeanCreatedEvent<ServerBuilder<?>> event) {
      security.secure(event.getBean());
      // Clients ping their connections often; the default would end those as abusive.
      return event
          .getBean()
          .executor(executor)
          .maxInboundMessageSize(MAX_MESSAGE_BYTES)
          .permitKeepAliveTime(MIN_KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
          .permitKeepAliveWithoutCalls(true);
    }
  }
}
