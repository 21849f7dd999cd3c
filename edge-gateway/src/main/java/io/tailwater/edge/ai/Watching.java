package io.tailwater.edge.ai;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.tailwater.contract.Channel;
import io.tailwater.edge.Subscriptions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells through Redis which AI streams have readers on this gateway. Those that have none may be
 * cancelled; and of those that have some, the producer's lease is to be judged, in case Redis has
 * forgotten the stream, so that no reader waits for ever. Keys live three periods, so one that
 * could not be renewed in time costs nothing. Owns one thread.
 */
final class Watching implements AutoCloseable {
  /** Name of the thread that tells. */
  static final String THREAD = "edge-watching";

  private static final Logger LOG = LoggerFactory.getLogger(Watching.class);
  private static final String KEY = "tw:ai:watched:";
  private static final String JUDGED = "tw:ai:running";
  private static final Duration PERIOD = Duration.ofSeconds(5);
  private static final Duration TTL = PERIOD.multipliedBy(3);

  private final RedisClient redis;
  private final RedisURI address;
  private final Subscriptions subscriptions;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name(THREAD).factory());
  private @Nullable CompletableFuture<StatefulRedisConnection<String, String>> connection;

  Watching(RedisClient redis, RedisURI address, Subscriptions subscriptions) {
    this.redis = redis;
    this.address = address;
    this.subscriptions = subscriptions;
    clock.scheduleWithFixedDelay(this::tell, 1, PERIOD.toSeconds(), TimeUnit.SECONDS);
  }

  private void tell() {
    try {
      if (connection == null || connection.isCompletedExceptionally()) {
        connection = redis.connectAsync(StringCodec.UTF8, address).toCompletableFuture();
      }
      StatefulRedisConnection<String, String> open = connection.getNow(null);
      if (open != null && open.isOpen()) {
        RedisAsyncCommands<String, String> commands = open.async();
        subscriptions
            .read(AiEndpoint.NAMESPACE)
            .thenAccept(channels -> channels.forEach(channel -> tell(commands, channel)));
      }
    } catch (RuntimeException e) {
      LOG.warn("who is watched could not be told: {}", e.getMessage());
    }
  }

  private static void tell(RedisAsyncCommands<String, String> commands, Channel channel) {
    commands.set(KEY + channel.key(), "1", SetArgs.Builder.px(TTL));
    commands.sadd(JUDGED, channel.key());
  }

  @Override
  public void close() {
    clock.shutdownNow();
    if (connection != null) {
      connection.thenAccept(StatefulRedisConnection::closeAsync);
    }
  }
}
