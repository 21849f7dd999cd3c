package io.tailwater.redis;

import io.lettuce.core.RedisException;
import io.lettuce.core.codec.ByteArrayCodec;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Publishes over Redis, now or not at all. Any thread. */
public final class RedisPublisher {
  private static final Logger LOG = LoggerFactory.getLogger(RedisPublisher.class);
  private static final long AGAIN_MS = 500;

  private final Redis redis;
  private final KeyPrefix prefix;
  private final ScheduledExecutorService timer;
  private final long mostBytes;
  private final AtomicLong underWay = new AtomicLong();
  private volatile @Nullable RedisConnection<byte[], byte[]> connection;
  private boolean warned;

  /**
   * Not connected before {@link #start}.
   *
   * @param prefix of all channels; nothing is published before it is known
   * @param timer tries to connect again, until it is shut down
   * @param mostBytes bytes of messages that may wait for Redis' answer, 1 or more
   */
  public RedisPublisher(
      Redis redis, KeyPrefix prefix, ScheduledExecutorService timer, long mostBytes) {
    this.redis = redis;
    this.prefix = prefix;
    this.timer = timer;
    this.mostBytes = mostBytes;
  }

  /** Connects, and goes on trying; a connection that was there once is kept up. */
  public void start() {
    redis
        .connect(ByteArrayCodec.INSTANCE)
        .whenComplete(
            (made, failure) -> {
              if (failure == null) {
                connection = made;
              } else if (!timer.isShutdown()) {
                if (!warned) {
                  warned = true;
                  LOG.warn("no Redis to publish over yet: {}", failure.getMessage());
                }
                timer.schedule(this::start, AGAIN_MS, TimeUnit.MILLISECONDS);
              }
            });
  }

  /**
   * Publishes a message; done with how many listen to the channel. Fails with a {@link
   * RedisException} while Redis cannot be reached or has too much to take, in which case it may or
   * may not have been passed on.
   *
   * @param channel after the prefix
   */
  public CompletableFuture<Long> publish(String channel, byte[] message) {
    RedisConnection<byte[], byte[]> to = connection;
    if (to == null) {
      return CompletableFuture.failedFuture(new RedisException("no connection to Redis yet"));
    }
    String begin = prefix.now();
    if (begin == null) {
      return CompletableFuture.failedFuture(
          new RedisException("the name of the platform is not known yet"));
    }
    if (underWay.addAndGet(message.length) > mostBytes) {
      underWay.addAndGet(-message.length);
      return CompletableFuture.failedFuture(new RedisException("too much waits for Redis"));
    }
    CompletableFuture<Long> heard = new CompletableFuture<>();
    try {
      to.publish((begin + channel).getBytes(StandardCharsets.UTF_8), message)
          .whenComplete((receivers, failure) -> done(message, heard, receivers, failure));
    } catch (RedisException e) {
      done(message, heard, null, e);
    } catch (IllegalStateException e) {
      // Lettuce's timer was stopped with the service's Redis.
      done(message, heard, null, new RedisException("Redis was closed", e));
    }
    return heard;
  }

  private void done(
      byte[] message,
      CompletableFuture<Long> heard,
      @Nullable Long receivers,
      @Nullable Throwable failure) {
    underWay.addAndGet(-message.length);
    if (failure == null) {
      heard.complete(receivers);
    } else {
      heard.completeExceptionally(failure);
    }
  }

  /** Bytes of messages that Redis has not answered for yet. */
  public long underWay() {
    return underWay.get();
  }
}
