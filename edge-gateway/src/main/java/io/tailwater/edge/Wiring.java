package io.tailwater.edge;

import io.grpc.ManagedChannel;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.http.netty.channel.EventLoopGroupRegistry;
import io.tailwater.contract.ServiceChannel;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Addresses;
import io.tailwater.edge.access.Origins;
import io.tailwater.edge.access.Tokens;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;

/** Makes the gateway's parts; everything but endpoints is put together by hand. */
@Factory
final class Wiring {
  private static final Duration REDIS_PATIENCE = Duration.ofSeconds(2);
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
  @Bean(preDestroy = "shutdownNow")
  ManagedChannel eventCores(EdgeConfiguration configuration) {
    return ServiceChannel.open(configuration.eventCores());
  }

  @Singleton
  ChannelLog log(@Named("event-core") ManagedChannel eventCores) {
    return new RemoteLog(eventCores);
  }

  @Singleton
  EdgeLoops loops(EventLoopGroupRegistry groups, EdgeConfiguration configuration) {
    return new EdgeLoops(groups.getDefaultEventLoopGroup(), configuration.heartbeat().toMillis());
  }

  @Singleton
  @Bean(preDestroy = "shutdown")
  RedisClient redis(@Value("${redis.uri}") String uri) {
    RedisURI address = RedisURI.create(uri);
    address.setTimeout(REDIS_PATIENCE);
    RedisClient client = RedisClient.create(address);
    client.setOptions(
        ClientOptions.builder()
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .socketOptions(SocketOptions.builder().connectTimeout(REDIS_PATIENCE).build())
            .timeoutOptions(TimeoutOptions.enabled(REDIS_PATIENCE))
            .build());
    return client;
  }

  @Context
  @Bean(preDestroy = "close")
  RedisSegments segments(RedisClient redis, @Value("${redis.uri}") String uri, EdgeLoops loops) {
    RedisSegments segments =
        new RedisSegments(redis, RedisURI.create(uri), loops.any().eventLoop());
    segments.connect();
    return segments;
  }

  @Context
  @Bean(preDestroy = "close")
  RedisBus bus(
      RedisClient redis, @Value("${redis.uri}") String uri, EdgeLoops loops, MeterRegistry meters) {
    RedisBus bus = new RedisBus(redis, RedisURI.create(uri), loops.any().eventLoop());
    meters.gauge("tailwater.edge.bus.waiting", bus, RedisBus::waiting);
    bus.connect();
    return bus;
  }

  @Singleton
  Connections connections(Sessions sessions, @Value("${tailwater.instance}") String gateway) {
    return new Connections(sessions, gateway);
  }

  @Context
  Feeds feeds(
      ChannelLog log,
      SegmentSource segments,
      EdgeLoops loops,
      EdgeConfiguration configuration,
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
  Sessions sessions(
      EdgeLoops loops,
      EdgeConfiguration configuration,
      DrainConfiguration drain,
      Admission admission,
      MeterRegistry meters) {
    return new Sessions(loops, configuration, drain, admission, meters);
  }

  @Singleton
  Drain drain(DrainConfiguration configuration, Sessions sessions, Listeners listeners) {
    return new Drain(
        configuration, sessions, listeners, listeners::finishRequests, System::nanoTime);
  }

  @Singleton
  Subscriptions subscriptions(
      Feeds feeds,
      Namespaces namespaces,
      Sessions sessions,
      EdgeConfiguration configuration,
      @Value("${tailwater.instance}") String gateway) {
    return new Subscriptions(feeds, namespaces, sessions, configuration, gateway, CLOCK);
  }
}
