package io.tailwater.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.lettuce.core.codec.StringCodec;
import io.tailwater.embedded.EmbeddedRedis;
import io.tailwater.servers.RedisCluster;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Publishing and listening over a real Redis Cluster, whose servers are killed. */
final class RedisListenerClusterIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final List<String> CHANNELS =
      IntStream.range(0, 30).mapToObj(partition -> "{chat:" + partition + "}").toList();

  private static final String PREFIX = "tw:one:";

  private static RedisCluster cluster;

  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final Queue<String> heard = new ConcurrentLinkedQueue<>();
  private final Queue<String> changed = new ConcurrentLinkedQueue<>();
  private Redis redis;
  private RedisListener listener;
  private RedisPublisher publisher;

  @BeforeAll
  static void open() {
    assumeTrue(RedisCluster.possible(), "needs Redis 7");
    cluster = RedisCluster.open();
  }

  @AfterAll
  static void close() {
    if (cluster != null) {
      cluster.close();
    }
  }

  @BeforeEach
  void listenToAll() {
    redis =
        TestRedis.open(Map.of("redis.uri", "redis://127.0.0.1:1", "redis.uris", cluster.uris()));
    listener = new RedisListener(redis, () -> PREFIX, thread);
    listener.start();
    publisher = new RedisPublisher(redis, () -> PREFIX, thread, 1 << 20);
    publisher.start();
    for (String channel : CHANNELS) {
      listener.subscribe(
          channel,
          message -> heard.add(channel + " " + new String(message, StandardCharsets.UTF_8)),
          () -> changed.add(channel));
    }
    awaitListening();
  }

  @AfterEach
  void stop() throws InterruptedException {
    listener.close();
    redis.close();
    thread.shutdownNow();
    assertThat(thread.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void everyChannelIsHeardOnTheServerThatItBelongsTo() {
    assertThat(CHANNELS.stream().map(cluster::homeOf).distinct()).hasSize(3);
    assertThat(changed).containsExactlyInAnyOrderElementsOf(CHANNELS);
    CHANNELS.forEach(
        channel ->
            assertThat(publish(channel, "once")).as("who listens to " + channel).isEqualTo(1));
    awaitHeard("once");
    listener.unsubscribe(CHANNELS.getFirst());
    await().atMost(PATIENCE).until(() -> publish(CHANNELS.getFirst(), "not heard") == 0);
    assertThat(heard).hasSameSizeAs(CHANNELS);
  }

  @Test
  void whatAKilledServerHadIsHeardFromItsReplicaAndNothingElseIsDisturbed() {
    EmbeddedRedis victim = cluster.homeOf(CHANNELS.getFirst());
    List<String> its =
        CHANNELS.stream().filter(channel -> cluster.homeOf(channel) == victim).toList();
    changed.clear();
    victim.kill();
    await().atMost(PATIENCE).until(() -> its.stream().noneMatch(listener::listens));
    assertThat(CHANNELS.stream().filter(channel -> !its.contains(channel)))
        .allMatch(listener::listens);
    awaitListening();
    assertThat(changed).allMatch(its::contains);
    assertThat(cluster.homeOf(CHANNELS.getFirst())).isNotSameAs(victim);
    awaitPublished("after");
    awaitHeard("after");

    victim.start();
    cluster.awaitWhole();
    awaitPublished("back");
    awaitHeard("back");
  }

  @Test
  @Tag("long")
  void whatAServerThatFellSilentHadIsHeardFromItsReplica() {
    EmbeddedRedis victim = cluster.homeOf(CHANNELS.getFirst());
    victim.freeze();
    try {
      await().atMost(PATIENCE).until(() -> !listener.listens(CHANNELS.getFirst()));
      // Well within the minute that Lettuce by itself gives to a server that says nothing.
      await().atMost(Duration.ofSeconds(50)).until(listener::listens);
      awaitPublished("replica");
      awaitHeard("replica");
    } finally {
      victim.thaw();
    }
    cluster.awaitWhole();
    awaitListening();
  }

  @Test
  void aChannelMovesWithItsSlot() {
    String channel = CHANNELS.getLast();
    EmbeddedRedis before = cluster.homeOf(channel);
    changed.clear();
    cluster.move(channel);
    assertThat(cluster.homeOf(channel)).isNotSameAs(before);
    await().atMost(PATIENCE).until(() -> publishes(channel, "moved"));
    await().atMost(PATIENCE).until(() -> heard.contains(channel + " moved"));
    assertThat(changed).containsOnly(channel);
  }

  @Test
  void commandsAndInfoGoToTheServerOfTheirKey() throws Exception {
    RedisConnection<String, String> connection =
        redis.connect(StringCodec.UTF8).toCompletableFuture().get(30, TimeUnit.SECONDS);
    for (String channel : CHANNELS) {
      connection.commands().set(channel, "v").get(30, TimeUnit.SECONDS);
      assertThat(connection.info(channel, "server").toCompletableFuture().get(30, TimeUnit.SECONDS))
          .contains("tcp_port:" + cluster.homeOf(channel).port());
      connection.commands().del(channel).get(30, TimeUnit.SECONDS);
    }
  }

  private void awaitListening() {
    await().atMost(PATIENCE).until(listener::listens);
    assertThat(CHANNELS).allMatch(listener::listens);
  }

  private void awaitPublished(String message) {
    CHANNELS.forEach(channel -> await().atMost(PATIENCE).until(() -> publishes(channel, message)));
  }

  private void awaitHeard(String message) {
    CHANNELS.forEach(
        channel -> await().atMost(PATIENCE).until(() -> heard.contains(channel + " " + message)));
  }

  private boolean publishes(String channel, String message) {
    try {
      return publish(channel, message) > 0;
    } catch (java.util.concurrent.CompletionException e) {
      return false;
    }
  }

  private long publish(String channel, String message) {
    return publisher.publish(channel, message.getBytes(StandardCharsets.UTF_8)).join();
  }
}
