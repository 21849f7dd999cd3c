package io.tailwater.core;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Broadcasts by Redis pub/sub. Drops what Redis cannot take now. Safe for any thread. */
final class RedisSink implements SegmentSink, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisSink.class);
  private static final Duration COMMAND = Duration.ofSeconds(2);
  private static final long AGAIN_MS = 500;
  private static final int MOST_COMMANDS = 10_000;
  private static final long MOST_BYTES = 16L << 20;

  private final RedisClient client;
  private final RedisURI uri;
  private final ScheduledExecutorService timer;
  private final AtomicLong underWay = new AtomicLong();
  private final Counter sent;
  private final Counter dropped;
  private volatile @Nullable StatefulRedisConnection<byte[], byte[]> connection;
  private volatile boolean closed;
  private volatile boolean warned;

  RedisSink(RedisURI uri, ScheduledExecutorService timer, MeterRegistry registry) {
    this.uri = uri;
    this.timer = timer;
    client = RedisClient.create();
    client.setOptions(
        ClientOptions.builder()
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .requestQueueSize(MOST_COMMANDS)
            .timeoutOptions(TimeoutOptions.enabled(COMMAND))
            .socketOptions(SocketOptions.builder().connectTimeout(COMMAND).build())
            .build());
    sent = counter(registry, "sent");
    dropped = counter(registry, "dropped");
    registry.gauge("tailwater.core.broadcast.bytes", underWay);
  }

  private static Counter counter(MeterRegistry registry, String outcome) {
    return Counter.builder("tailwater.core.broadcast.segments")
        .description("segments that were to be broadcast")
        .tag("outcome", outcome)
        .register(registry);
  }

  /** Connects when Redis is there; from then on Lettuce keeps the connection. */
  void start() {
    if (closed) {
      return;
    }
    client
        .connectAsync(ByteArrayCodec.INSTANCE, uri)
        .whenComplete(
            (made, failure) -> {
              if (failure == null) {
                connection = made;
              } else if (!closed) {
                if (!warned) {
                  warned = true;
                  LOG.warn("no Redis to broadcast with yet: {}", failure.getMessage());
                }
                timer.schedule(this::start, AGAIN_MS, TimeUnit.MILLISECONDS);
              }
            });
  }

  @Override
  public void send(String channel, byte[] segment) {
    StatefulRedisConnection<byte[], byte[]> to = connection;
    if (to == null || underWay.addAndGet(segment.length) > MOST_BYTES) {
      if (to != null) {
        underWay.addAndGet(-segment.length);
      }
      dropped.increment();
      return;
    }
    try {
      to.async()
          .publish(channel.getBytes(StandardCharsets.UTF_8), segment)
          .whenComplete((receivers, failure) -> done(segment.length, failure == null));
    } catch (RedisException e) {
      done(segment.length, false);
    }
  }

  private void done(int bytes, boolean good) {
    underWay.addAndGet(-bytes);
    (good ? sent : dropped).increment();
  }

  @Override
  public void close() {
    closed = true;
    client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
  }
}
