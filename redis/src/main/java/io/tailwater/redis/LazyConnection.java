package io.tailwater.redis;

import io.lettuce.core.codec.StringCodec;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A connection for commands with texts that is established when it is first needed. A connection
 * that was established is kept up; after an attempt that failed, the next caller begins another.
 * Any thread.
 */
public final class LazyConnection {
  private final Redis redis;
  private final AtomicReference<@Nullable CompletableFuture<RedisConnection<String, String>>>
      latest = new AtomicReference<>();

  /** Connects to nothing yet. */
  public LazyConnection(Redis redis) {
    this.redis = redis;
  }

  /** Returns the connection; fails if no server can be reached now. Does not wait. */
  public CompletableFuture<RedisConnection<String, String>> get() {
    CompletableFuture<RedisConnection<String, String>> before = latest.get();
    if (before != null && !before.isCompletedExceptionally()) {
      return before;
    }
    CompletableFuture<RedisConnection<String, String>> attempt = new CompletableFuture<>();
    if (!latest.compareAndSet(before, attempt)) {
      // Another caller has begun.
      return get();
    }
    redis
        .connect(StringCodec.UTF8)
        .whenComplete(
            (connection, failure) -> {
              if (failure == null) {
                attempt.complete(connection);
              } else {
                attempt.completeExceptionally(failure);
              }
            });
    return attempt;
  }
}
