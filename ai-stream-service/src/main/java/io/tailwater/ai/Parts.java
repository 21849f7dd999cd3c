package io.tailwater.ai;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.env.Environment;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.generation.Generation.Surroundings;
import io.tailwater.ai.generation.Models;
import io.tailwater.ai.generation.Streams;
import io.tailwater.ai.lease.LeaseKeeper;
import io.tailwater.ai.lease.LeaseStore;
import io.tailwater.ai.lease.LeaseTerms;
import io.tailwater.ai.lease.Leases;
import io.tailwater.ai.lease.LostStreams;
import io.tailwater.ai.model.Model;
import io.tailwater.ai.model.ScriptedModel;
import io.tailwater.ai.stream.StreamEventCodec;
import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.stream.StreamLog;
import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.ai.stream.StreamWriter;
import io.tailwater.ai.stream.StreamWriter.Retries;
import io.tailwater.ai.threads.Ticker;
import io.tailwater.client.ChannelLog;
import io.tailwater.client.PublishMetrics;
import io.tailwater.client.Publisher;
import io.tailwater.client.RemoteLog;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisConfiguration;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.OptionalLong;
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
  private final Streams streams;
  private final LeaseKeeper keeper;

  private Parts(Settings settings, ObjectMapper json, MeterRegistry registry) {
    AiConfiguration ai = settings.ai();
    Ticker ticker = Ticker.system();
    Models models = models(ai, ticker);
    SecureRandom random = new SecureRandom();
    StreamMetrics metrics = new StreamMetrics(registry);
    eventCores = ServiceChannel.open(ai.eventCores(), EventCoreGrpc.getServiceDescriptor());
    log = RemoteLog.failingFast(eventCores);
    StreamEventCodec codec = new StreamEventCodec(json);
    StreamLog streamLog = new StreamLog(RemoteLog.waiting(eventCores), codec);
    Publisher publisher = publisher(settings.publish(), registry);
    Retries retries = new Retries(settings.publish().patience(), settings.publish()::backoff);
    Supplier<StreamWriter> writers =
        () -> new StreamWriter(publisher, retries, ticker, random, metrics);
    redis = Redis.open(settings.redis(), REDIS_THREADS, MAX_COMMANDS);
    LeaseTerms terms = terms(settings.lease());
    LeaseStore store = new LeaseStore(redis, terms, () -> StreamId.random(random).text());
    streams =
        new Streams(
            models,
            new Streams.Limits(ai.maxRunning(), ai.createTimeout(), ai.shutdownGrace()),
            new Surroundings(writers, streamLog, codec, ticker, ai.rollUp(), metrics),
            new Leases(store, metrics),
            InstantSource.system(),
            random);
    LostStreams lost = new LostStreams(streamLog, writers, codec, metrics);
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

  private static Models models(AiConfiguration ai, Ticker ticker) {
    OptionalLong seed = ai.seed() == null ? OptionalLong.empty() : OptionalLong.of(ai.seed());
    Model scripted = new ScriptedModel(ai.tokensPerSecond(), ai.defaultTokens(), seed, ticker);
    try {
      return new Models(Map.of(scripted.name(), scripted), ai.model());
    } catch (IllegalArgumentException e) {
      throw new ConfigurationException(AiConfiguration.PREFIX + ".model: " + e.getMessage(), e);
    }
  }

  Streams streams() {
    return streams;
  }

  /** A log whose calls fail soon while no event-core can be reached. */
  ChannelLog log() {
    return log;
  }

  @Override
  public void close() {
    streams.close();
    keeper.close();
    redis.close();
    eventCores.close();
  }

  /** All of this service's configuration. */
  record Settings(
      AiConfiguration ai,
      PublishConfiguration publish,
      LeaseConfiguration lease,
      RedisConfiguration redis) {}

  /** Provides the parts to Micronaut. */
  @Factory
  static final class Assembly {
    @Context
    @Bean(preDestroy = "close")
    Parts parts(
        Environment environment,
        AiConfiguration ai,
        PublishConfiguration publish,
        LeaseConfiguration lease,
        RedisConfiguration redis,
        ObjectMapper json,
        MeterRegistry registry) {
      KnownKeys.check(environment);
      return new Parts(new Settings(ai, publish, lease, redis), json, registry);
    }
  }
}
