package io.tailwater.core;

import static io.tailwater.core.CoreClient.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.InvalidProtocolBufferException;
import io.lettuce.core.RedisClient;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.tailwater.contract.SegmentChannel;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.HeadsRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.Segment;
import io.tailwater.core.fold.LogRecords;
import io.tailwater.servers.TestServers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The two ways in which segments leave: asked for, and broadcast. */
final class FollowIT {
  private final Servers servers = Servers.shared();

  @Test
  void followingGivesContiguousSegmentsFromThePositionOn() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("partitions", 1)).ready()) {
      String epoch = "";
      for (int i = 0; i < 10; i++) {
        epoch = core.client().publish(event(name + ":c" + i % 3, "" + i)).getEpoch();
      }
      FollowPage page = follow(core, name, epoch, 3, 0);
      assertThat(page.getOutcome()).isEqualTo(FollowPage.Outcome.SEGMENTS);
      assertContiguous(page.getSegmentsList(), 3, 9);
      FollowPage end = follow(core, name, epoch, 9, 0);
      assertThat(end.getOutcome()).isEqualTo(FollowPage.Outcome.SEGMENTS);
      assertThat(end.getSegmentsList()).isEmpty();
      assertThat(follow(core, name, epoch, 10, 0).getOutcome())
          .isEqualTo(FollowPage.Outcome.BEHIND);
      FollowPage foreign = follow(core, name, "zzzzzz", 3, 0);
      assertThat(foreign.getOutcome()).isEqualTo(FollowPage.Outcome.FOREIGN);
      assertThat(foreign.getEpoch()).isEqualTo(epoch);
    }
  }

  @Test
  void followingAtTheEndWaitsForWhatComes() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("partitions", 1)).ready()) {
      String epoch = core.client().publish(event(name + ":a", "0")).getEpoch();
      CompletableFuture<FollowPage> waiting =
          CompletableFuture.supplyAsync(() -> follow(core, name, epoch, 0, 10_000));
      await().atMost(Duration.ofSeconds(30)).until(() -> core.gauge("tailwater.core.waiting") == 1);
      core.client().publish(event(name + ":a", "1"));
      FollowPage page = waiting.orTimeout(5, TimeUnit.SECONDS).join();
      assertContiguous(page.getSegmentsList(), 0, 1);
      FollowPage nothing = follow(core, name, epoch, 1, 100);
      assertThat(nothing.getOutcome()).isEqualTo(FollowPage.Outcome.SEGMENTS);
      assertThat(nothing.getSegmentsList()).isEmpty();
    }
  }

  @Test
  void whatTheRingNoLongerHoldsIsTooOldAndAnswersAreBoundedByBytes() {
    String name = servers.name();
    Map<String, Object> rules =
        Map.of(
            "partitions",
            1,
            "tailwater.core.ring-bytes",
            40_000,
            "tailwater.core.follow-bytes",
            10_000);
    try (var core = Cores.start(servers, name, rules).ready()) {
      String epoch = "";
      for (int i = 0; i < 20; i++) {
        epoch =
            core.client().publish(event(name + ":a", "\"" + "x".repeat(4_000) + "\"")).getEpoch();
      }
      assertThat(follow(core, name, epoch, 0, 0).getOutcome())
          .isEqualTo(FollowPage.Outcome.TOO_OLD);
      FollowPage page = follow(core, name, epoch, 14, 0);
      assertThat(page.getSegmentsCount()).isEqualTo(2);
      assertContiguous(page.getSegmentsList(), 14, 16);
      assertThat(core.gauge("tailwater.core.ring.bytes")).isLessThanOrEqualTo(40_000);
    }
  }

  @Test
  void theSameSegmentsAreBroadcastOverRedisInPartsOf256KB() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("partitions", 1)).ready();
        var listener = new Listener(servers.redis(), name);
        var stream = core.client().stream()) {
      awaitBroadcaster(core);
      String large = "\"" + "x".repeat(100_000) + "\"";
      List<CompletableFuture<PublishVerdict>> verdicts = new ArrayList<>();
      core.gate().pause();
      for (int i = 0; i < 8; i++) {
        verdicts.add(stream.publish(event(name + ":a", large)));
      }
      core.gate().open();
      long through = verdicts.stream().mapToLong(v -> v.join().getOffset()).max().orElseThrow();
      await().atMost(Duration.ofSeconds(30)).until(() -> listener.through() == through);
      assertContiguous(listener.segments, -1, through);
      assertThat(listener.segments)
          .allMatch(
              segment -> segment.getEventsCount() <= 2 && segment.getSerializedSize() < 300_000);
    }
  }

  @Test
  void withoutRedisNothingElseIsSlowerAndBroadcastingComesBackWithIt() {
    String name = servers.name();
    try (var redis = TestServers.redis()) {
      Map<String, Object> properties =
          Cores.properties(
              "event-core-1",
              servers.bootstrap(),
              redis.uri(),
              servers.directory("core"),
              Map.of(
                  "tailwater.namespaces." + name + ".partitions",
                  1,
                  "tailwater.core.broadcast-group",
                  "own-" + name));
      redis.kill();
      try (var core = Cores.start(properties).ready()) {
        awaitBroadcaster(core);
        core.client().publish(event(name + ":a", "0"));
        redis.start();
        try (var listener = new Listener(redis.uri(), name)) {
          await()
              .atMost(Duration.ofSeconds(60))
              .until(
                  () -> {
                    core.client().publish(event(name + ":a", "1"));
                    return listener.through() > 0;
                  });
          redis.kill();
          long begun = System.nanoTime();
          core.client().publish(event(name + ":a", "2"));
          assertThat(Duration.ofNanos(System.nanoTime() - begun))
              .isLessThan(Duration.ofSeconds(10));
          redis.start();
        }
        try (var listener = new Listener(redis.uri(), name)) {
          await()
              .atMost(Duration.ofSeconds(60))
              .until(
                  () -> {
                    core.client().publish(event(name + ":a", "3"));
                    return listener.through() > 0;
                  });
        }
      }
    }
  }

  @Test
  void whenABroadcasterStopsOrFallsBehindAnotherTakesOver() {
    String name = servers.name();
    Map<String, Object> rules = Map.of("partitions", 2, "tailwater.core.lag-limit", "2s");
    try (var cores = Cores.pair(servers, name, rules)) {
      var one = cores.one();
      var two = cores.two();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> broadcasts(one) > 0 && broadcastsTheRest(two, one));
      two.gate().pause();
      one.client().publish(event(name + ":a", "0"));
      one.client().publish(event(name + ":b", "0"));
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> broadcasts(one) == partitions(one) && broadcasts(two) == 0);
      two.gate().open();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(() -> broadcasts(one) > 0 && broadcastsTheRest(two, one));
      one.context().close();
      await().atMost(Duration.ofSeconds(60)).until(() -> broadcasts(two) == partitions(two));
    }
  }

  @Test
  void aTestCanRepeatSegmentsThatAreBroadcast() {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("partitions", 1)).ready();
        var listener = new Listener(servers.redis(), name)) {
      awaitBroadcaster(core);
      core.broadcastFaults()
          .inject(
              sink ->
                  (channel, segment) -> {
                    sink.send(channel, segment);
                    sink.send(channel, segment);
                  });
      core.client().publish(event(name + ":a", "0"));
      await().atMost(Duration.ofSeconds(30)).until(() -> listener.segments.size() == 2);
    }
  }

  private static void awaitBroadcaster(Cores.Running core) {
    await().atMost(Duration.ofSeconds(60)).until(() -> broadcasts(core) == partitions(core));
  }

  private static boolean broadcastsTheRest(Cores.Running core, Cores.Running other) {
    int own = broadcasts(core);
    return own > 0 && own + broadcasts(other) == partitions(core);
  }

  /** How many partitions there are in all, those of the platform's own namespaces too. */
  private static int partitions(Cores.Running core) {
    return core.client().calls().heads(HeadsRequest.getDefaultInstance()).getHeadsCount();
  }

  private static int broadcasts(Cores.Running core) {
    return (int) core.gauge("tailwater.core.broadcast.partitions");
  }

  private static FollowPage follow(
      Cores.Running core, String namespace, String epoch, long after, int waitMs) {
    return core.client()
        .calls()
        .follow(
            FollowRequest.newBuilder()
                .setNamespace(namespace)
                .setPartition(0)
                .setEpoch(epoch)
                .setAfter(after)
                .setWaitMs(waitMs)
                .build());
  }

  private static void assertContiguous(List<Segment> segments, long after, long through) {
    long at = after;
    List<Long> offsets = new ArrayList<>();
    for (Segment segment : segments) {
      assertThat(segment.getFrom()).isEqualTo(at);
      at = segment.getThrough();
      segment.getEventsList().stream().map(Event::getOffset).forEach(offsets::add);
    }
    assertThat(at).isEqualTo(through);
    assertThat(offsets)
        .containsExactlyElementsOf(
            java.util.stream.LongStream.rangeClosed(after + 1, through).boxed().toList());
  }

  /** A gateway's ear at the Redis channel of partition 0. */
  private static final class Listener extends RedisPubSubAdapter<byte[], byte[]>
      implements AutoCloseable {
    final List<Segment> segments = new CopyOnWriteArrayList<>();
    private final RedisClient client;

    Listener(String uri, String namespace) {
      client = RedisClient.create(uri);
      var connection = client.connectPubSub(ByteArrayCodec.INSTANCE);
      connection.addListener(this);
      connection
          .sync()
          .subscribe(LogRecords.bytes(Cores.PLATFORM.prefix() + SegmentChannel.name(namespace, 0)));
    }

    @Override
    public void message(byte[] channel, byte[] message) {
      try {
        segments.add(Segment.parseFrom(message));
      } catch (InvalidProtocolBufferException e) {
        throw new AssertionError(e);
      }
    }

    long through() {
      return segments.isEmpty() ? -1 : segments.getLast().getThrough();
    }

    @Override
    public void close() {
      client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    }
  }
}
