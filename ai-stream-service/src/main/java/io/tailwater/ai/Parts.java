package io.tailwater.ai;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.BeanProvider;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.event.ApplicationEventListener;
import io.micronaut.context.event.ShutdownEvent;
import io.micronaut.http.server.netty.NettyEmbeddedServer;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.generation.CreatedStreams;
import io.tailwater.ai.generation.Generation.Surroundings;
import io.tailwater.ai.generation.Models;
import io.tailwater.ai.generation.Places;
import io.tailwater.ai.generation.Streams;
import io.tailwater.ai.lease.Accounts;
import io.tailwater.ai.lease.LeaseKeeper;
import io.tailwater.ai.lease.LeaseStore;
import io.tailwater.ai.lease.LeaseTerms;
import io.tailwater.ai.lease.Leases;
import io.tailwater.ai.lease.LostStreams;
import io.tailwater.ai.lease.Quotas;
import io.tailwater.ai.stream.StreamEvent;
import io.tailwater.ai.stream.StreamEventCodec;
import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.stream.StreamLog;
import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.ai.stream.StreamWriter;
import io.tailwater.ai.stream.StreamWriter.Retries;
import io.tailwater.ai.stream.UsageEvents;
import io.tailwater.ai.upstream.Upstreams;
import io.tailwater.client.CallSecurity;
import io.tailwater.client.ChannelLog;
import io.tailwater.client.GrpcConfiguration;
import io.tailwater.client.PlatformName;
import io.tailwater.client.PublishMetrics;
import io.tailwater.client.Publisher;
import io.tailwater.client.RemoteLog;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisTerms;
import io.tailwater.service.Ticker;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Supplier;

/**
 * Assembles the parts of this service by hand, and closes them in the order that lets the last
 * events out.
 */
final class Parts implements AutoCloseable {
  /** Prefix of the names of the threads that talk to Redis. */
  static final String REDIS_THREADS = "ai-redis";

  /** A tick of a full instance has three commands for each stream. */
  private static final int MAX_COMMANDS = 500_000;

  private static final int MAX_PUBLISHED = 10_000;
  private static final long MAX_PUBLISHED_BYTES = 64L << 20;

  private final ServiceChannel eventCores;
  private final Redis redis;
  private final ChannelLog log;
  private final Upstreams upstreams;
  private final Models models;
  private final Streams streams;
  private final CreatedStreams created;
  private final LeaseKeeper keeper;

  private Parts(Settings settings, Redis redis, ObjectMapper json, MeterRegistry registry) {
    this.redis = redis;
    AiConfiguration ai = settings.ai();
    Ticker ticker = Ticker.system();
    SecureRandom random = new SecureRandom();
    upstreams = new Upstreams(json, ticker, random, registry);
    ConfiguredModels configured = ConfiguredModels.of(ai, settings.models(), upstreams, ticker);
    models = configured.models();
    StreamMetrics metrics = new StreamMetrics(registry, ai.usageSubjects());
    for (String model : models.own().keySet()) {
      metrics.usage(model, StreamEvent.Usage.of(0, 0));
      metrics.costs(model, ai.currency());
    }
    eventCores =
        ServiceChannel.open(
            ai.eventCores(),
            EventCoreGrpc.getServiceDescriptor(),
            new CallSecurity(settings.grpc()));
    log = RemoteLog.failingFast(eventCores);
    StreamEventCodec codec = new StreamEventCodec(json);
    StreamLog streamLog = new StreamLog(RemoteLog.waiting(eventCores), codec);
    Publisher publisher = publisher(settings.publish(), registry);
    Retries retries = new Retries(settings.publish().patience(), settings.publish()::backoff);
    Supplier<StreamWriter> writers =
        () -> new StreamWriter(publisher, retries, ticker, random, metrics);
    LeaseTerms terms = terms(settings.lease());
    LeaseStore store =
        new LeaseStore(
            redis,
            new PlatformName(log, ticker::nanos),
            terms,
            () -> StreamId.random(random).text());
    Leases leases = new Leases(store, metrics);
    InstantSource clock = InstantSource.system();
    Accounts accounts =
        new Accounts(
            new Quotas(
                store,
                new Quotas.Limits(ai.tokensPerMinutePerSubject(), ai.tokensPerDayPerSubject()),
                configured.quotas(),
                clock,
                metrics),
            new UsageEvents(ai.usageNamespace(), json, metrics),
            configured.prices(),
            metrics);
    streams =
        new Streams(
            models,
            new Streams.Limits(
                new Places.Limits(
                    ai.maxRunning(),
                    ai.maxRunningPerSubject(),
                    ai.maxRunningPerAddress(),
                    ai.maxQueued(),
                    ai.maxQueuedPerSubject(),
                    ai.maxQueuedPerAddress()),
                configured.places(),
                ai.createTimeout(),
                ai.shutdownGrace()),
            new Surroundings(writers, streamLog, codec, ticker, ai.rollUp(), accounts, metrics),
            leases,
            clock,
            random);
    created = new CreatedStreams(leases, streamLog);
    LostStreams lost = new LostStreams(streamLog, writers, codec, leases, accounts, metrics);
    keeper = new LeaseKeeper(store, terms, streams::running, lost, ticker, metrics);
  }

  private Publisher publisher(PublishConfiguration publish, MeterRegistry registry) {
    return new Publisher(
        eventCores,
        new Publisher.Bounds(MAX_PUBLISHED, MAX_PUBLISHED_BYTES, publish.verdictTimeout()),
        new PublishMetrics(registry, "tailwater.ai.publish"));
  }

  private static LeaseTerms terms(LeaseConfiguration lease) {
    return new LeaseTerms(
        lease.ttl(),
        lease.interval(),
        lease.creatorTtl(),
        lease.unwatchedAfter(),
        lease.redisTimeout());
  }

  /** The models that requests may name. */
  Models models() {
    return models;
  }

  Streams streams() {
    return streams;
  }

  CreatedStreams created() {
    return created;
  }

  /** A log whose calls fail soon while no event-core can be reached. */
  ChannelLog log() {
    return log;
  }

  @Override
  public void close() {
    streams.close();
    upstreams.close();
    keeper.close();
    redis.close();
    eventCores.close();
  }

  /** All of this service's configuration. */
  record Settings(
      AiConfiguration ai,
      PublishConfiguration publish,
      LeaseConfiguration lease,
      GrpcConfiguration grpc,
      List<ModelConfiguration> models) {}

  /** Provides the parts to Micronaut. */
  @Factory
  static final class Assembly {
    @Singleton
    RedisTerms redisTerms() {
      return new RedisTerms(REDIS_THREADS, MAX_COMMANDS);
    }

    @Context
    @Bean(preDestroy = "close")
    Parts parts(
        AiConfiguration ai,
        PublishConfiguration publish,
        LeaseConfiguration lease,
        Redis redis,
        GrpcConfiguration grpc,
        List<ModelConfiguration> models,
        ObjectMapper json,
        MeterRegistry registry) {
      return new Parts(new Settings(ai, publish, lease, grpc, models), redis, json, registry);
    }

    /**
     * Takes no further request once the service stops. Micronaut looks up beans to answer one, and
     * would create again what was just destroyed.
     */
    @Singleton
    ApplicationEventListener<ShutdownEvent> stopping(BeanProvider<NettyEmbeddedServer> http) {
      return event -> http.ifPresent(NettyEmbeddedServer::stopServerOnly);
    }
  }
}
