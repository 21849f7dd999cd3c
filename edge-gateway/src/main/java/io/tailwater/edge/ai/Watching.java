package io.tailwater.edge.ai;

import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.tailwater.contract.Channel;
import io.tailwater.contract.LeaseKeys;
import io.tailwater.contract.Platform;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.redis.LazyConnection;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisConnection;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
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

  private final LazyConnection connection;
  private final Supplier<@Nullable Platform> platform;
  private final Subscriptions subscriptions;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name(THREAD).factory());

  /**
   * @param platform whose streams are watched; null until it is known
   */
  Watching(Redis redis, Supplier<@Nullable Platform> platform, Subscriptions subscriptions) {
    this.connection = new LazyConnection(redis);
    this.platform = platform;
    this.subscriptions = subscriptions;
    clock.scheduleWithFixedDelay(this::tell, 1, PERIOD.toSeconds(), TimeUnit.SECONDS);
  }

  private void tell() {
    withRedis(
        (commands, keys) ->
            subscriptions
                .read(StreamRights.NAMESPACE)
                .thenAccept(
                    channels -> channels.forEach(channel -> tell(commands, keys, channel))));
  }

  /** Does something if Redis is there and the platform is known; else the next period makes up. */
  private void withRedis(BiConsumer<RedisClusterAsyncCommands<String, String>, LeaseKeys> task) {
    try {
      RedisConnection<String, String> open = connection.get().getNow(null);
      Platform named = platform.get();
      if (open != null && named != null) {
        task.accept(open.commands(), new LeaseKeys(named));
      }
    } catch (RuntimeException e) {
      LOG.warn("who is watched could not be told: {}", e.getMessage());
    }
  }

  private static void tell(
      RedisClusterAsyncCommands<String, String> commands, LeaseKeys keys, Channel channel) {
    commands.set(keys.watched(channel.key()), "1", SetArgs.Builder.px(TTL));
    commands.sadd(keys.running(), channel.key());
  }

  /** A stream has a reader here; told at once. */
  void began(Channel channel) {
    clock.execute(() -> withRedis((commands, keys) -> tell(commands, keys, channel)));
  }

  /** A reader of a stream is gone; if it was the last one here, that is told at once. */
  void ended(Channel channel) {
    subscriptions
        .read(StreamRights.NAMESPACE)
        .thenAccept(
            channels -> {
              if (!channels.contains(channel)) {
                withRedis((commands, keys) -> commands.del(keys.watched(channel.key())));
              }
            });
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }
}
