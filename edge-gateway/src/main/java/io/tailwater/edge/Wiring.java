package io.tailwater.edge;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.http.netty.channel.EventLoopGroupRegistry;
import io.tailwater.client.ChannelLog;
import io.tailwater.client.RemoteLog;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Addresses;
import io.tailwater.edge.access.Origins;
import io.tailwater.edge.access.Tokens;
import io.tailwater.edge.connection.ConnectionAdmin;
import io.tailwater.edge.connection.ConnectionConfiguration;
import io.tailwater.edge.connection.Connections;
import io.tailwater.edge.connection.Drain;
import io.tailwater.edge.connection.DrainConfiguration;
import io.tailwater.edge.connection.RetryDelay;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.feed.Feeds;
import io.tailwater.edge.feed.LogConfiguration;
import io.tailwater.edge.http.Listeners;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.limits.EdgeLimits;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.RedisSegments;
import io.tailwater.edge.log.SegmentSource;
import io.tailwater.edge.loop.EdgeLoops;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisConfiguration;
import io.tailwater.redis.RedisListener;
import io.tailwater.redis.RedisPublisher;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Makes the gateway's parts; everything but endpoints is put together by hand. */
@Factory
final class Wiring {
  private static final String REDIS_THREADS = "edge-redis";
  private static final int MOST_COMMANDS = 100_000;
  private static final long MOST_PUBLISHED_BYTES = 16L << 20;
  private static final long NAMESPACES_PERIOD_S = 5;
  private static final long NAMESPACES_FIRST_MS = 200;

  private static final InstantSource CLOCK = InstantSource.system();

  @Singleton
  Tokens tokens(EdgeConfiguration configuration) {
    return new Tokens(configuration.jwtKey(), CLOCK);
  }

  @Singleton
  Origins origins(EdgeConfiguration configuration) {
    return new Origins(configuration.origins());
  }

  @Singleton
  Access access(Tokens tokens, Origins origins, EdgeLimits limits) {
    try {
      return new Access(tokens, origins, new Addresses(limits.trustedProxies()));
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "tailwater.edge.limits.trusted-proxies: " + e.getMessage(), e);
    }
  }

  @Singleton
  Admission admission(EdgeLimits limits, MeterRegistry meters) {
    return new Admission(limits, System::nanoTime, meters);
  }

  @Singleton
  @Named("event-core")
  @Bean(preDestroy = "close")
  ServiceChannel eventCores(EdgeConfiguration configuration) {
    return ServiceChannel.open(configuration.eventCores(), EventCoreGrpc.getServiceDescriptor());
  }

  @Singleton
  ChannelLog log(@Named("event-core") ServiceChannel eventCores) {
    return RemoteLog.failingFast(eventCores);
  }

  @Singleton
  EdgeLoops loops(EventLoopGroupRegistry groups, ConnectionConfiguration configuration) {
    return new EdgeLoops(groups.getDefaultEventLoopGroup(), configuration.heartbeat().toMillis());
  }

  @Singleton
  @Bean(preDestroy = "close")
  Redis redis(RedisConfiguration configuration) {
    return Redis.open(configuration, REDIS_THREADS, MOST_COMMANDS);
  }

  @Context
  @Bean(preDestroy = "close")
  RedisListener listener(Redis redis, EdgeLoops loops) {
    RedisListener listener = new RedisListener(redis, loops.any().eventLoop());
    listener.start();
    return listener;
  }

  @Context
  RedisPublisher publisher(Redis redis, EdgeLoops loops, MeterRegistry meters) {
    RedisPublisher publisher =
        new RedisPublisher(redis, loops.any().eventLoop(), MOST_PUBLISHED_BYTES);
    meters.gauge("tailwater.edge.redis.bytes", publisher, RedisPublisher::underWay);
    publisher.start();
    return publisher;
  }

  @Singleton
  SegmentSource segments(RedisListener listener) {
    return new RedisSegments(listener);
  }

  @Singleton
  ConnectionAdmin connectionAdmin(
      Connections connections, @Value("${tailwater.instance}") String gateway) {
    return new ConnectionAdmin(connections, gateway);
  }

  @Context
  Feeds feeds(
      ChannelLog log,
      SegmentSource segments,
      EdgeLoops loops,
      LogConfiguration configuration,
      Admission admission,
      MeterRegistry meters) {
    Feeds feeds =
        new Feeds(log, segments, loops, configuration, admission, System::nanoTime, meters);
    feeds.start();
    return feeds;
  }

  @Context
  Namespaces namespaces(ChannelLog log, EdgeLoops loops) {
    Namespaces namespaces = new Namespaces(log);
    refresh(namespaces, loops);
    return namespaces;
  }

  private static void refresh(Namespaces namespaces, EdgeLoops loops) {
    namespaces
        .refresh()
        .thenAccept(
            heard ->
                loops
                    .any()
                    .eventLoop()
                    .schedule(
                        () -> refresh(namespaces, loops),
                        heard
                            ? TimeUnit.SECONDS.toMillis(NAMESPACES_PERIOD_S)
                            : NAMESPACES_FIRST_MS,
                        TimeUnit.MILLISECONDS));
  }

  @Singleton
  RetryDelay retryDelay() {
    return new RetryDelay(ThreadLocalRandom::current);
  }

  @Singleton
  Connections connections(
      EdgeLoops loops,
      ConnectionConfiguration configuration,
      DrainConfiguration drain,
      Admission admission,
      MeterRegistry meters) {
    return new Connections(
        loops, configuration, drain, admission, ThreadLocalRandom::current, meters);
  }

  @Singleton
  Drain drain(DrainConfiguration configuration, Connections connections, Listeners listeners) {
    return new Drain(configuration, connections, listeners, System::nanoTime);
  }

  @Singleton
  Subscriptions subscriptions(
      Feeds feeds,
      Namespaces namespaces,
      Connections connections,
      ConnectionConfiguration configuration,
      @Value("${tailwater.instance}") String gateway) {
    return new Subscriptions(feeds, namespaces, connections, configuration, gateway, CLOCK);
  }
}
