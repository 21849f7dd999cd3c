package io.tailwater.ai;

import static io.tailwater.ai.AiService.prompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.contract.LeaseKeys;
import io.tailwater.contract.Platform;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.CreateStreamRequest.Unwatched;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.embedded.RedisServer;
import io.tailwater.servers.TestServers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Producers that die, freeze and leave, with a real Redis; one of them in a process of its own. */
final class LeasesIT {
  private static final Map<String, Object> SLOW_FAST_LEASE =
      Map.of(
          "tailwater.ai.tokens-per-second", 50,
          "tailwater.ai.lease.ttl", "2s",
          "tailwater.ai.lease.redis-timeout", "300ms",
          "tailwater.ai.lease.unwatched-after", "2s");
  private static final Map<String, String> SAME =
      Map.of(
          "TAILWATER_AI_LEASE_TTL", "2s",
          "TAILWATER_AI_LEASE_REDIS_TIMEOUT", "300ms",
          "TAILWATER_AI_LEASE_UNWATCHED_AFTER", "2s");
  private static final CreateStreamRequest LONG = prompt("long").setMaxTokens(30_000).build();

  private static final LeaseKeys KEYS = new LeaseKeys(MemoryEventCore.PLATFORM);

  private final RedisServer redis = TestServers.redis();
  private final MemoryEventCore eventCore = new MemoryEventCore();
  private final RedisClient client = RedisClient.create(redis.uri());
  private AiService one = start();
  private AiService two = start();

  @BeforeEach
  void nothingRuns() {
    assertThat(eventCore.channels()).isEmpty();
  }

  @AfterEach
  void stop() {
    one.close();
    two.close();
    client.shutdown();
    eventCore.close();
    redis.close();
  }

  @Test
  void theStreamsOfAKilledProducerFailWithinSecondsWithOneEnd() {
    try (AiProcess doomed = new AiProcess(eventCore.address(), redis.uri(), SAME)) {
      StreamState stream = doomed.create(LONG);
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> assertThat(eventCore.events(stream.getChannel())).hasSizeGreaterThan(5));
      doomed.kill();
      Transcript transcript = ended(stream);
      assertThat(((Failed) transcript.newest()).code()).isEqualTo("producer_lost");
      StreamState state = two.get(stream.getId());
      assertThat(state.getErrorCode()).isEqualTo("producer_lost");
      assertThat(state.getCreator()).isEqualTo("alice");
      assertThat(state.getCompletionTokens()).isEqualTo(transcript.tokens()).isPositive();
    }
  }

  @Test
  @Tag("long")
  void aFrozenProducerThatComesBackIsStopped() throws Exception {
    try (AiProcess frozen = new AiProcess(eventCore.address(), redis.uri(), SAME)) {
      StreamState stream = frozen.create(LONG);
      frozen.signal("STOP");
      assertThat(((Failed) ended(stream).newest()).code()).isEqualTo("producer_lost");
      int events = eventCore.events(stream.getChannel()).size();
      frozen.signal("CONT");
      await()
          .during(Duration.ofSeconds(2))
          .until(() -> eventCore.events(stream.getChannel()).size() == events);
    }
  }

  @Test
  @Tag("long")
  void aProducerThatIsStoppedForFifteenSecondsLosesItsStreamWhichEndsOnce() throws Exception {
    Map<String, Object> usual = Map.of("tailwater.ai.tokens-per-second", 100);
    CountDownLatch never = new CountDownLatch(1);
    try (AiService judge = AiService.start(eventCore.address(), redis.uri(), usual);
        AiProcess stopped =
            new AiProcess(
                eventCore.address(),
                redis.uri(),
                Map.of("TAILWATER_AI_TOKENS_PER_SECOND", "100"))) {
      assertThat(judge.context().isRunning()).isTrue();
      // Those with short leases must not be the judges.
      one.close();
      two.close();
      StreamState stream = stopped.create(LONG);
      await()
          .untilAsserted(
              () -> assertThat(eventCore.events(stream.getChannel())).hasSizeGreaterThan(5));
      stopped.signal("STOP");
      assertThat(never.await(15, TimeUnit.SECONDS)).isFalse();
      Transcript lost = ended(stream);
      assertThat(((Failed) lost.newest()).code()).isEqualTo("producer_lost");
      int events = eventCore.events(stream.getChannel()).size();
      stopped.signal("CONT");
      await()
          .during(Duration.ofSeconds(5))
          .atMost(Duration.ofSeconds(30))
          .until(() -> eventCore.events(stream.getChannel()).size() == events);
      assertThat(Transcript.expected(LONG)).startsWith(lost.text());
    }
  }

  @Test
  void aDaysTokensAreCountedOverAllInstances() {
    Map<String, Object> limited = new HashMap<>(SLOW_FAST_LEASE);
    limited.put("tailwater.ai.tokens-per-day-per-subject", 10);
    try (AiService first = AiService.start(eventCore.address(), redis.uri(), limited);
        AiService second = AiService.start(eventCore.address(), redis.uri(), limited)) {
      StreamState used = first.create(prompt("x").setCreator("eager").setMaxTokens(12).build());
      ended(used);
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> second.create(prompt("y").setCreator("eager").build()))
                      .isInstanceOf(StatusRuntimeException.class)
                      .hasMessageContaining("has used its 10 tokens of a day"));
      second.create(prompt("y").setCreator("thrifty").setMaxTokens(1).build());
    }
  }

  @Test
  void theTokensOfAModelAreCountedOverAllUsersAndInstances() {
    Map<String, Object> limited = new HashMap<>(SLOW_FAST_LEASE);
    limited.put("tailwater.ai.models.mock.tokens-per-day", 10);
    try (AiService first = AiService.start(eventCore.address(), redis.uri(), limited);
        AiService second = AiService.start(eventCore.address(), redis.uri(), limited)) {
      ended(first.create(prompt("x").setCreator("eager").setMaxTokens(12).build()));
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThatThrownBy(() -> second.create(prompt("y").setCreator("late").build()))
                      .isInstanceOf(StatusRuntimeException.class)
                      .hasMessageContaining("all users have used the 10 tokens of a day"));
      ended(
          second.create(
              prompt("y").setCreator("late").setModel("mock-stress").setMaxTokens(1).build()));
    }
  }

  @Test
  void sigtermEndsStreamsAndTheProcess() {
    try (AiProcess leaving = new AiProcess(eventCore.address(), redis.uri(), SAME)) {
      StreamState stream = leaving.create(LONG);
      leaving.terminate();
      assertThat(((Failed) ended(stream).newest()).code()).isEqualTo("shutting_down");
      await().atMost(Duration.ofSeconds(30)).until(() -> !leaving.isAlive());
    }
  }

  @Test
  void streamsGoOnWithoutRedisAndWhenItComesBackEmpty() {
    StreamState before = one.create(LONG);
    redis.kill();
    StreamState during = one.create(LONG);
    assertGoesOn(before, Duration.ofSeconds(2));
    redis.start();
    assertGoesOn(before, Duration.ofSeconds(4));
    assertGoesOn(during, Duration.ZERO);
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(two.get(during.getId()).getCreator()).isEqualTo("alice"));
  }

  @Test
  void aFlushedRedisEndsNothing() {
    StreamState stream = one.create(LONG);
    assertGoesOn(stream, Duration.ofMillis(2500));
    redis().flushall();
    assertGoesOn(stream, Duration.ofSeconds(4));
  }

  @Test
  @Tag("long")
  void aProducerThatDiesWhileRedisIsAwayIsMissedAfterwards() {
    try (AiProcess doomed = new AiProcess(eventCore.address(), redis.uri(), SAME)) {
      StreamState stream = doomed.create(LONG);
      await()
          .during(Duration.ofSeconds(1))
          .until(() -> !eventCore.events(stream.getChannel()).isEmpty());
      redis.kill();
      doomed.kill();
      redis.start();
      assertThat(((Failed) ended(stream).newest()).code()).isEqualTo("producer_lost");
    }
  }

  @Test
  void askingForAStreamThatNobodyRegisteredHasItJudged() {
    try (AiProcess doomed = new AiProcess(eventCore.address(), AiService.NO_REDIS, SAME)) {
      StreamState stream = doomed.create(LONG);
      doomed.kill();
      assertThat(one.get(stream.getId()).getStatus()).isEqualTo(StreamState.Status.RUNNING);
      assertThat(((Failed) ended(stream).newest()).code()).isEqualTo("producer_lost");
    }
  }

  @Test
  void anUnwatchedStreamIsCancelledIfItsCreatorWishes() {
    StreamState cares = one.create(LONG.toBuilder().setUnwatched(Unwatched.CANCEL).build());
    StreamState watched = one.create(LONG.toBuilder().setUnwatched(Unwatched.CANCEL).build());
    StreamState goesOn = one.create(LONG);
    redis().setex(KEYS.watched(watched.getId()), 60, "1");
    assertThat(((Finish) ended(cares).newest()).finishReason()).isEqualTo("cancelled");
    assertGoesOn(watched, Duration.ofSeconds(1));
    assertGoesOn(goesOn, Duration.ZERO);
  }

  @Test
  @Tag("long")
  void anotherPlatformOnTheSameRedisLeavesStreamsAlone() {
    two.close();
    try (MemoryEventCore foreignCore = new MemoryEventCore(new Platform("other"));
        AiService foreign = AiService.start(foreignCore.address(), redis.uri(), SLOW_FAST_LEASE);
        AiProcess doomed = new AiProcess(eventCore.address(), redis.uri(), SAME)) {
      StreamState stream = doomed.create(LONG);
      StreamState elsewhere = foreign.create(LONG);
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(one.get(stream.getId()).getCreator()).isEqualTo("alice"));
      one.close();
      doomed.kill();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> redis().exists(KEYS.lease(stream.getId())) == 0);
      // It looks at leases every 667 ms, and would take a stream without events for one of no
      // interest.
      await()
          .during(Duration.ofSeconds(5))
          .atMost(Duration.ofSeconds(30))
          .until(() -> redis().sismember(KEYS.running(), stream.getId()));
      one = start();
      assertThat(((Failed) ended(stream).newest()).code()).isEqualTo("producer_lost");
      assertThat(Transcript.of(foreignCore.events(elsewhere.getChannel())).ended()).isFalse();
      assertThat(redis().keys("*"))
          .allMatch(key -> key.startsWith("tw:memory:") || key.startsWith("tw:other:"));
    }
  }

  @Test
  void nothingIsLeftInRedisOfAStreamThatEndedButItsCreatorAndLists() {
    StreamState stream = one.create(prompt("short").setMaxTokens(5).build());
    ended(stream);
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(redis().keys("*"))
                    .containsExactlyInAnyOrder(
                        KEYS.creator(stream.getId()),
                        KEYS.streams(),
                        KEYS.streamsOf("alice"),
                        KEYS.incarnation()));
    for (String key :
        List.of(KEYS.creator(stream.getId()), KEYS.streams(), KEYS.streamsOf("alice"))) {
      assertThat(redis().pttl(key)).as(key).isPositive();
    }
    assertThat(two.get(stream.getId()).getCreator()).isEqualTo("alice");
  }

  private AiService start() {
    return AiService.start(eventCore.address(), redis.uri(), SLOW_FAST_LEASE);
  }

  private RedisCommands<String, String> redis() {
    return client.connect().sync();
  }

  private void assertGoesOn(StreamState stream, Duration time) {
    int events = eventCore.events(stream.getChannel()).size();
    await()
        .during(time)
        .atMost(time.plusSeconds(20))
        .until(() -> !Transcript.of(eventCore.events(stream.getChannel())).ended());
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () -> assertThat(eventCore.events(stream.getChannel())).hasSizeGreaterThan(events));
  }

  private Transcript ended(StreamState stream) {
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> Transcript.of(eventCore.events(stream.getChannel())), Transcript::ended);
  }
}
