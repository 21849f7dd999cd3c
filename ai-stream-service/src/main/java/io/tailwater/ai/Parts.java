package io.tailwater.ai;

import io.grpc.ManagedChannel;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.Generation.Surroundings;
import io.tailwater.ai.model.ScriptedModel;
import io.tailwater.ai.model.Ticker;
import io.tailwater.contract.ServiceChannel;
import jakarta.inject.Singleton;
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
  private static final long CHANNEL_END_SECONDS = 2;

  private final ManagedChannel eventCore;
  private final LeaseStore store;
  private final EventLog log;
  private final Streams streams;
  private final LeaseKeeper keeper;

  private Parts(Settings settings, ObjectMapper json, MeterRegistry registry) {
    AiConfiguration ai = settings.ai();
    Ticker ticker = Ticker.system();
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
    ScriptedModel scripted =
        new ScriptedModel(
            ai.tokensPerSecond(),
            ai.defaultTokens(),
            ai.seed() == null ? OptionalLong.empty() : OptionalLong.of(ai.seed()),
            ticker);
    store =
        new LeaseStore(settings.redisUri(), settings.lease(), () -> StreamId.random(random).text());
    streams =
        new Streams(
            Map.of(scripted.name(), scripted),
            ai,
            surroundings,
            new Leases(store, metrics),
            InstantSource.system(),
            random);
    keeper =
        new LeaseKeeper(
            store,
            settings.lease(),
            streams,
            new LeaseKeeper.Ending(surroundings),
            ticker,
            metrics);
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
    store.close();
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
      String redisUri) {}

  /** Where Micronaut gets the parts from. */
  @Factory
  static final class Assembly {
    @Singleton
    @Bean(preDestroy = "close")
    Parts parts(
        AiConfiguration ai,
        PublishConfiguration publish,
        LeaseConfiguration lease,
        @Value("${redis.uri:redis://127.0.0.1:6379}") String redisUri,
        ObjectMapper json,
        MeterRegistry registry) {
      return new Parts(new Settings(ai, publish, lease, redisUri), json, registry);
    }
  }
}
