package io.tailwater.redis;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.tailwater.embedded.RedisServer;
import io.tailwater.servers.TestServers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Publishing and listening over one real Redis that comes and goes. */
final class RedisListenerIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor();
  private final Queue<String> heard = new ConcurrentLinkedQueue<>();
  private final RedisServer server = TestServers.redis();
  private final Redis redis = TestRedis.open(Map.of("redis.uri", server.uri()));
  private volatile @Nullable String prefix = "tw:one:";
  private final RedisListener listener = new RedisListener(redis, () -> prefix, thread);
  private final RedisPublisher publisher = new RedisPublisher(redis, () -> prefix, thread, 1_000);

  @AfterEach
  void stop() throws InterruptedException {
    listener.close();
    redis.close();
    thread.shutdownNow();
    assertThat(thread.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    server.close();
  }

  @Test
  void aRedisThatIsNotThereYetOrDiesIsListenedToWhenItComes() {
    server.kill();
    begin();
    assertThat(listener.listens("a")).isFalse();
    assertThatThrownBy(() -> publish("lost")).hasMessageContaining("no connection");
    server.start();
    await().atMost(PATIENCE).until(() -> publishes("first"));
    await().atMost(PATIENCE).until(() -> heard.contains("first"));
    server.kill();
    await().atMost(PATIENCE).until(() -> !listener.listens("a"));
    server.start();
    await().atMost(PATIENCE).until(() -> publishes("second"));
    await().atMost(PATIENCE).until(() -> heard.contains("second"));
    assertThat(heard).doesNotContain("lost");
  }

  @Test
  @Tag("long")
  void aRedisThatFallsSilentIsNotListenedToAnyMore() throws Exception {
    begin();
    await().atMost(PATIENCE).until(() -> publishes("before"));
    redis
        .connect(StringCodec.UTF8)
        .toCompletableFuture()
        .get(30, TimeUnit.SECONDS)
        .commands()
        .clientPause(20_000);
    await().atMost(PATIENCE).until(() -> !listener.listens("a"));
    await().atMost(PATIENCE).until(() -> publishes("after"));
    await().atMost(PATIENCE).until(() -> heard.contains("after"));
  }

  @Test
  void subscribingAgainTakesTheNewSink() {
    begin();
    await().atMost(PATIENCE).until(() -> publishes("one"));
    await().atMost(PATIENCE).until(() -> heard.contains("one"));
    listener.unsubscribe("a");
    Queue<String> anew = new ConcurrentLinkedQueue<>();
    listener.subscribe("a", message -> anew.add(text(message)), () -> {});
    await().atMost(PATIENCE).until(() -> publishes("two"));
    await().atMost(PATIENCE).until(() -> anew.contains("two"));
    assertThat(heard).doesNotContain("two");
  }

  @Test
  void aChannelBeginsWithThePlatformAndMovesWhenItsNameChanges() throws Exception {
    prefix = null;
    begin();
    StatefulRedisPubSubConnection<byte[], byte[]> raw =
        redis
            .listen(redis.home(ByteBuffer.wrap(new byte[0])))
            .toCompletableFuture()
            .get(30, SECONDS);
    await().atMost(PATIENCE).until(() -> !failsWith("no connection"));
    assertThatThrownBy(() -> publish("early")).hasMessageContaining("name of the platform");
    assertThat(listener.listens("a")).isFalse();
    for (String name : List.of("tw:one:", "tw:two:")) {
      prefix = name;
      await()
          .atMost(PATIENCE)
          .until(
              () -> raw.sync().pubsubChannels().stream().map(RedisListenerIT::text).toList(),
              List.of(name + "a")::equals);
      await().atMost(PATIENCE).until(() -> listener.listens("a"));
      assertThat(publish(name)).isEqualTo(1);
      await().atMost(PATIENCE).until(() -> heard.contains(name));
    }
    raw.close();
  }

  private boolean failsWith(String message) {
    try {
      publish("x");
      return false;
    } catch (java.util.concurrent.CompletionException e) {
      return String.valueOf(e.getMessage()).contains(message);
    }
  }

  @Test
  void moreThanMayWaitIsRefused() {
    begin();
    await().atMost(PATIENCE).until(() -> publishes("connected"));
    assertThatThrownBy(() -> publisher.publish("a", new byte[1_001]).join())
        .hasMessageContaining("too much waits");
    assertThat(publisher.underWay()).isZero();
    assertThat(publish("fits")).isEqualTo(1);
  }

  private void begin() {
    publisher.start();
    listener.start();
    listener.subscribe("a", message -> heard.add(text(message)), () -> {});
  }

  private boolean publishes(String message) {
    try {
      return publish(message) > 0;
    } catch (java.util.concurrent.CompletionException e) {
      return false;
    }
  }

  private long publish(String message) {
    return publisher.publish("a", message.getBytes(StandardCharsets.UTF_8)).join();
  }

  private static String text(byte[] message) {
    return new String(message, StandardCharsets.UTF_8);
  }
}
