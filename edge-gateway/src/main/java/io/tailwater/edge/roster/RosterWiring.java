package io.tailwater.edge.roster;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Bean;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.tailwater.contract.Channel;
import io.tailwater.edge.feed.Feeds;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.redis.Redis;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;

/** Makes the parts of this package. */
@Factory
final class RosterWiring {
  /** From the start on, so that the gateway has its lease before it has a member. */
  @Context
  @Bean(preDestroy = "close")
  Roster roster(
      Redis redis,
      Namespaces namespaces,
      Feeds feeds,
      PresenceConfiguration configuration,
      MeterRegistry meters) {
    RosterTerms terms = RosterTerms.of(configuration.lease());
    RosterScript script =
        new RosterScript(redis, namespaces::platform, terms, RosterWiring::newName);
    Roster roster =
        new Roster(
            script,
            terms,
            () -> readers(feeds, namespaces.withPresence()),
            configuration.connections(),
            InstantSource.system(),
            new RosterMetrics(meters));
    roster.start();
    return roster;
  }

  private static CompletableFuture<Map<Channel, Integer>> readers(
      Feeds feeds, List<String> namespaces) {
    CompletableFuture<Map<Channel, Integer>> all = CompletableFuture.completedFuture(Map.of());
    for (String namespace : namespaces) {
      all =
          all.thenCombine(
              feeds.readers(namespace),
              (before, more) -> {
                Map<Channel, Integer> both = new HashMap<>(before);
                both.putAll(more);
                return both;
              });
    }
    return all;
  }

  private static String newName() {
    return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }
}
