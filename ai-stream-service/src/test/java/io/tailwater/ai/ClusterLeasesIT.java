package io.tailwater.ai;

import static io.tailwater.ai.AiService.prompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.contract.LeaseKeys;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.servers.RedisCluster;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Leases on a real Redis Cluster whose servers die. */
final class ClusterLeasesIT {
  private static final CreateStreamRequest LONG = prompt("long").setMaxTokens(30_000).build();
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void aKilledProducerIsMissedAndOthersOutliveTheServerOfTheirLeases() {
    assumeTrue(RedisCluster.possible(), "needs Redis 7");
    try (RedisCluster cluster = RedisCluster.open();
        MemoryEventCore eventCore = new MemoryEventCore();
        AiService service = start(eventCore, cluster);
        AiProcess doomed = process(eventCore, cluster)) {
      StreamState lives = service.create(LONG);
      StreamState dies = doomed.create(LONG);
      await().atMost(LIMIT).until(() -> service.get(dies.getId()).getCreator().equals("alice"));

      cluster.homeOf(new LeaseKeys(MemoryEventCore.PLATFORM).running()).kill();
      await()
          .during(Duration.ofSeconds(6))
          .atMost(LIMIT)
          .until(() -> !ended(eventCore, lives) && !ended(eventCore, dies));

      doomed.kill();
      await().atMost(LIMIT).until(() -> ended(eventCore, dies));
      assertThat(((Failed) transcript(eventCore, dies).newest()).code()).isEqualTo("producer_lost");
      assertThat(ended(eventCore, lives)).isFalse();
      int events = eventCore.events(lives.getChannel()).size();
      await().atMost(LIMIT).until(() -> eventCore.events(lives.getChannel()).size() > events);
    }
  }

  private static AiService start(MemoryEventCore eventCore, RedisCluster cluster) {
    return AiService.start(
        eventCore.address(),
        AiService.NO_REDIS,
        Map.of(
            "redis.uris",
            cluster.uris(),
            "tailwater.ai.tokens-per-second",
            50,
            "tailwater.ai.lease.ttl",
            "2s",
            "tailwater.ai.lease.redis-timeout",
            "300ms"));
  }

  private static AiProcess process(MemoryEventCore eventCore, RedisCluster cluster) {
    return new AiProcess(
        eventCore.address(),
        AiService.NO_REDIS,
        Map.of(
            "REDIS_URIS", String.join(",", cluster.uris()),
            "TAILWATER_AI_TOKENS_PER_SECOND", "50",
            "TAILWATER_AI_LEASE_TTL", "2s",
            "TAILWATER_AI_LEASE_REDIS_TIMEOUT", "300ms"));
  }

  private static boolean ended(MemoryEventCore eventCore, StreamState stream) {
    return transcript(eventCore, stream).ended();
  }

  private static Transcript transcript(MemoryEventCore eventCore, StreamState stream) {
    return Transcript.of(eventCore.events(stream.getChannel()));
  }
}
