package io.tailwater.ai;

import io.grpc.ManagedChannel;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.Generation.Surroundings;
import io.tailwater.ai.model.Model;
import io.tailwater.ai.model.ScriptedModel;
import io.tailwater.ai.model.Ticker;
import io.tailwater.contract.ServiceChannel;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisConfiguration;
import io.tailwater.service.Bounds;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * The parts of this service, put together by hand, and taken apart in the order that lets the last
 * events out.
 */
final class Parts implements AutoCloseable {
  /** How the names of the threads begin that talk to Redis. */
  static final String REDIS_THREADS = "ai-redis";

  /** A tick of a full instance has three commands for each stream. */
  private static final int MOST_COMMANDS = 500_000;

  private static final long CHANNEL_END_SECONDS = 2;

  private final ManagedChannel eventCore;
  private final Redis redis;
  private final EventLog log;
  private final Streams streams;
  private final LeaseKeeper keeper;

  private Parts(Settings settings, ObjectMapper json, MeterRegistry registry) {
    AiConfiguration ai = settings.ai();
    Ticker ticker = Ticker.system();
    Map<String, Model> models = models(ai, ticker);
    SecureRandom random = new SecureRandom();
    StreamMetrics metrics = new StreamMetrics(registry);
    eventCore = ServiceChannel.open(ai.eventCores());
    StreamEventCodec codec = new StreamEventCodec(json);
    log = new EventLog(eventCore, codec);
    Surroundings surroundings =
        new Surroundings(
            () -> new Publisher(eventCore, settings.publish(), ticker, random, metrics),
            log,
            codec,
            ticker,
            ai.rollUp(),
            metrics);
    redis = Redis.open(settings.redis(), REDIS_THREADS, MOST_COMMANDS);
    LeaseStore store =
        new LeaseStore(redis, settings.lease(), () -> StreamId.random(random).text());
    streams =
        new Streams(
            models, ai, surroundings, new Leases(store, metrics), InstantSource.system(), random);
    keeper =
        new LeaseKeeper(
            store,
            settings.lease(),
            streams,
            new LeaseKeeper.Ending(surroundings),
            ticker,
            metrics);
  }

  private static Map<String, Model> models(AiConfiguration ai, Ticker ticker) {
    OptionalLong seed = ai.seed() == null ? OptionalLong.empty() : OptionalLong.of(ai.seed());
    Model scripted = new ScriptedModel(ai.tokensPerSecond(), ai.defaultTokens(), seed, ticker);
    Map<String, Model> models = Map.of(scripted.name(), scripted);
    new Bounds(AiConfiguration.PREFIX)
        .oneOf("model", ai.model(), models.keySet().toArray(String[]::new));
    return models;
  }

  Streams streams() {
    return streams;
  }

  EventLog log() {
    return log;
  }

  @Override
  public void close() {
    streams.close();
    keeper.close();
    redis.close();
    eventCore.shutdown();
    try {
      if (!eventCore.awaitTermination(CHANNEL_END_SECONDS, TimeUnit.SECONDS)) {
        eventCore.shutdownNow();
      }
    } catch (InterruptedException e) {
      eventCore.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }

  /** All of this service's configuration. */
  record Settings(
      AiConfiguration ai,
      PublishConfiguration publish,
      LeaseConfiguration lease,
      RedisConfiguration redis) {}

  /** Where Micronaut gets the parts from. */
  @Factory
  static final class Assembly {
    @Context
    @Bean(preDestroy = "close")
    Parts parts(
        AiConfiguration ai,
        PublishConfiguration publish,
        LeaseConfiguration lease,
        RedisConfiguration redis,
        ObjectMapper json,
        MeterRegistry registry) {
      return new Parts(new Settings(ai, publish, lease, redis), json, registry);
    }
  }
}
