package io.tailwater.edge.openai;

import io.lettuce.core.SetArgs;
import io.tailwater.contract.LeaseKeys;
import io.tailwater.contract.Platform;
import io.tailwater.redis.LazyConnection;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisConnection;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Remembers in Redis for a minute which streams were begun by which requests, since SDKs repeat
 * requests without an idempotency key. Without Redis a repeated request begins a new stream. Any
 * thread.
 */
final class RecentRequests {
  private static final Duration KEPT = Duration.ofSeconds(60);
  private static final long PATIENCE_MS = 500;

  private final LazyConnection connection;
  private final Supplier<@Nullable Platform> platform;

  /**
   * @param platform whose requests they are; null until it is known
   */
  RecentRequests(Redis redis, Supplier<@Nullable Platform> platform) {
    this.connection = new LazyConnection(redis);
    this.platform = platform;
  }

  /**
   * A stream was begun.
   *
   * @param name a hash of the request and its subject
   */
  void remember(String name, String streamId) {
    with(
        (open, keys) ->
            open.commands().set(keys.request(name), streamId, SetArgs.Builder.px(KEPT)));
  }

  /** The stream's answer was read to its end, so the same request is a new one. */
  void forget(String name) {
    with((open, keys) -> open.commands().del(keys.request(name)));
  }

  /** The id of the stream of a request; null if there is none or Redis does not answer. */
  CompletableFuture<@Nullable String> find(String name) {
    RedisConnection<String, String> open = connection.get().getNow(null);
    Platform named = platform.get();
    if (open == null || named == null) {
      return CompletableFuture.completedFuture(null);
    }
    return open.commands()
        .get(new LeaseKeys(named).request(name))
        .toCompletableFuture()
        .orTimeout(PATIENCE_MS, TimeUnit.MILLISECONDS)
        .<@Nullable String>thenApply(id -> id)
        .exceptionally(away -> null);
  }

  private void with(BiConsumer<RedisConnection<String, String>, LeaseKeys> command) {
    Platform named = platform.get();
    if (named != null) {
      connection.get().thenAccept(open -> command.accept(open, new LeaseKeys(named)));
    }
  }
}
