package io.tailwater.edge.ai;

import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.tailwater.contract.Channel;
import io.tailwater.contract.LeaseKeys;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisConnection;
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
  private static final Duration PERIOD = Duration.ofSeconds(5);
  private static final Duration TTL = PERIOD.multipliedBy(3);

  private final Redis redis;
  private final Subscriptions subscriptions;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name(THREAD).factory());
  private @Nullable CompletableFuture<RedisConnection<String, String>> connection;

  Watching(Redis redis, Subscriptions subscriptions) {
    this.redis = redis;
    this.subscriptions = subscriptions;
    clock.scheduleWithFixedDelay(this::tell, 1, PERIOD.toSeconds(), TimeUnit.SECONDS);
  }

  private void tell() {
    try {
      if (connection == null || connection.isCompletedExceptionally()) {
        connection = redis.<String, String>connect(StringCodec.UTF8).toCompletableFuture();
      }
      RedisConnection<String, String> open = connection.getNow(null);
      if (open != null) {
        RedisClusterAsyncCommands<String, String> commands = open.commands();
        subscriptions
            .read(AiEndpoint.NAMESPACE)
            .thenAccept(channels -> channels.forEach(channel -> tell(commands, channel)));
      }
    } catch (RuntimeException e) {
      LOG.warn("who is watched could not be told: {}", e.getMessage());
    }
  }

  private static void tell(RedisClusterAsyncCommands<String, String> commands, Channel channel) {
    commands.set(LeaseKeys.watched(channel.key()), "1", SetArgs.Builder.px(TTL));
    commands.sadd(LeaseKeys.RUNNING, channel.key());
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
