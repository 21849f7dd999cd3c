package io.tailwater.edge;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.http.netty.channel.EventLoopGroupConfiguration;
import io.micronaut.http.netty.channel.EventLoopGroupFactory;
import io.micronaut.http.netty.channel.EventLoopGroupRegistry;
import io.netty.channel.socket.SocketChannel;
import io.tailwater.client.CallSecurity;
import io.tailwater.client.ChannelLog;
import io.tailwater.client.GrpcConfiguration;
import io.tailwater.client.RemoteLog;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Addresses;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.access.ClaimsConfiguration;
import io.tailwater.edge.access.DefaultGrants;
import io.tailwater.edge.access.ForeignTokens;
import io.tailwater.edge.access.Origins;
import io.tailwater.edge.access.Revocations;
import io.tailwater.edge.access.Secrets;
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
import io.tailwater.edge.keys.IssuerKeys;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.limits.BodyMemory;
import io.tailwater.edge.limits.EdgeLimits;
import io.tailwater.edge.limits.Sockets;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.Publishers;
import io.tailwater.edge.log.ReadPositions;
import io.tailwater.edge.log.RedisSegments;
import io.tailwater.edge.log.SegmentSource;
import io.tailwater.edge.loop.EdgeLoops;
import io.tailwater.edge.loop.LoopChannels;
import io.tailwater.edge.presence.Presence;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisListener;
import io.tailwater.redis.RedisPublisher;
import io.tailwater.redis.RedisTerms;
import jakarta.inject.Named;
import jakarta.inject.Singleton;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Makes the gateway's parts; everything but endpoints is put together by hand. */
@Factory
final class Wiring {
  private static final String REDIS_THREADS = "edge-redis";
  private static final String KEY_THREADS = "edge-jwks";
  private static final int MAX_COMMANDS = 100_000;
  private static final long MOST_PUBLISHED_BYTES = 16L << 20;
  private static final long NAMESPACES_PERIOD_S = 5;
  private static final long NAMESPACES_FIRST_MS = 200;

  private static final InstantSource CLOCK = InstantSource.system();

  @Singleton
  @Bean(preDestroy = "close")
  IssuerKeys issuerKeys(EdgeConfiguration configuration, EdgeLoops loops, MeterRegistry meters) {
    IssuerKeys keys =
        new IssuerKeys(
            configuration.jwks(),
            task -> Thread.ofVirtual().name(KEY_THREADS).start(task),
            System::nanoTime,
            meters);
    keys.start(loops.any().eventLoop());
    return keys;
  }

  @Singleton
  Secrets secrets(EdgeConfiguration configuration) {
    return new Secrets(configuration.secrets());
  }

  @Singleton
  Tokens tokens(
      EdgeConfiguration configuration,
      Secrets secrets,
      IssuerKeys keys,
      ClaimsConfiguration claims,
      DefaultGrants defaults,
      Revocations revocations,
      MeterRegistry meters) {
    ForeignTokens foreign =
        keys.isEmpty()
            ? null
            : new ForeignTokens(
                keys,
                configuration.issuer(),
                configuration.audience(),
                claims.subject(),
                claims.grants(),
                defaults.grant());
    return new Tokens(secrets, foreign, configuration.maxTokenLife(), revocations, CLOCK, meters);
  }

  @Singleton
  Revocations revocations(EdgeConfiguration configuration, MeterRegistry meters) {
    Revocations revocations = new Revocations(configuration.maxTokenLife(), CLOCK);
    meters.gauge("tailwater.edge.revocations", revocations, Revocations::size);
    return revocations;
  }

  @Singleton
  Origins origins(EdgeConfiguration configuration) {
    return new Origins(configuration.origins());
  }

  @Singleton
  Addresses addresses(EdgeLimits limits) {
    try {
      return new Addresses(limits.trustedProxies());
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(
          "tailwater.edge.limits.trusted-proxies: " + e.getMessage(), e);
    }
  }

  @Singleton
  Access access(Tokens tokens, Origins origins, Addresses addresses) {
    return new Access(tokens, origins, addresses);
  }

  @Singleton
  Sockets sockets(EdgeLimits limits, Addresses addresses, MeterRegistry meters) {
    return new Sockets(limits, addresses::ofClient, meters);
  }

  @Singleton
  BodyMemory bodyMemory(EdgeLimits limits, MeterRegistry meters) {
    return new BodyMemory(limits, meters);
  }

  @Singleton
  Admission admission(EdgeLimits limits, MeterRegistry meters) {
    return new Admission(limits, System::nanoTime, meters);
  }

  @Singleton
  @Named("event-core")
  @Bean(preDestroy = "close")
  ServiceChannel eventCores(EdgeConfiguration configuration, GrpcConfiguration grpc) {
    return ServiceChannel.open(
        configuration.eventCores(), EventCoreGrpc.getServiceDescriptor(), new CallSecurity(grpc));
  }

  @Singleton
  ChannelLog log(@Named("event-core") ServiceChannel eventCores) {
    return RemoteLog.failingFast(eventCores);
  }

  @Singleton
  @Bean(preDestroy = "close")
  LoopChannels loopChannels(
      EdgeConfiguration configuration,
      GrpcConfiguration grpc,
      EdgeLoops loops,
      EventLoopGroupRegistry groups,
      EventLoopGroupFactory kinds,
      @Named("event-core") ServiceChannel others) {
    CallSecurity security = new CallSecurity(grpc);
    Class<? extends SocketChannel> sockets =
        kinds.clientSocketChannelClass(
            groups
                .getEventLoopGroupConfiguration(EventLoopGroupConfiguration.DEFAULT)
                .orElseThrow());
    return new LoopChannels(
        loops.eventLoops(),
        loop ->
            ServiceChannel.onLoop(
                configuration.eventCores(),
                EventCoreGrpc.getServiceDescriptor(),
                security,
                loop,
                sockets),
        others);
  }

  @Singleton
  Publishers publishers(LoopChannels eventCores) {
    return new Publishers(eventCores);
  }

  @Singleton
  ReadPositions readPositions(ChannelLog log) {
    return new ReadPositions(log);
  }

  @Singleton
  EdgeLoops loops(EventLoopGroupRegistry groups, ConnectionConfiguration configuration) {
    return new EdgeLoops(groups.getDefaultEventLoopGroup(), configuration.heartbeat().toMillis());
  }

  @Singleton
  RedisTerms redisTerms(EventLoopGroupRegistry groups) {
    return new RedisTerms(REDIS_THREADS, MAX_COMMANDS, groups.getDefaultEventLoopGroup());
  }

  @Context
  @Bean(preDestroy = "close")
  RedisListener listener(Redis redis, Namespaces namespaces, EdgeLoops loops) {
    RedisListener listener = new RedisListener(redis, namespaces::prefix, loops.any().eventLoop());
    listener.start();
    return listener;
  }

  @Context
  RedisPublisher publisher(
      Redis redis, Namespaces namespaces, EdgeLoops loops, MeterRegistry meters) {
    RedisPublisher publisher =
        new RedisPublisher(
            redis, namespaces::prefix, loops.any().eventLoop(), MOST_PUBLISHED_BYTES);
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
      Revocations revocations,
      MeterRegistry meters) {
    return new Connections(
        loops, configuration, drain, admission, revocations, ThreadLocalRandom::current, meters);
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
      ReadPositions readPositions,
      Presence presence,
      ConnectionConfiguration configuration,
      Authority authority,
      @Value("${tailwater.instance}") String gateway) {
    return new Subscriptions(
        feeds,
        namespaces,
        connections,
        readPositions,
        presence,
        configuration,
        authority,
        gateway,
        CLOCK);
  }
}
