package io.tailwater.edge.publish;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.SegmentChannel;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.Segment;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes ephemeral publications on: a segment each, on the Redis channel of their partition, to
 * whichever gateways listen. Any thread.
 */
final class RedisLane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisLane.class);
  private static final long CONNECT_AGAIN_MS = 1_000;
  private static final int MAX_WAITING = 10_000;

  private final RedisClient client;
  private final RedisURI address;
  private final ScheduledExecutorService scheduler;
  private final InstantSource clock;
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile @Nullable StatefulRedisConnection<byte[], byte[]> connection;
  private volatile boolean closed;

  RedisLane(
      RedisClient client,
      RedisURI address,
      ScheduledExecutorService scheduler,
      InstantSource clock) {
    this.client = client;
    this.address = address;
    this.scheduler = scheduler;
    this.clock = clock;
  }

  /** Connects, and goes on trying; Lettuce keeps up a connection that was there once. */
  void connect() {
    if (closed) {
      return;
    }
    client
        .connectAsync(ByteArrayCodec.INSTANCE, address)
        .whenComplete(
            (made, failure) -> {
              if (failure == null) {
                connection = made;
              } else {
                LOG.debug("no Redis for ephemeral events: {}", failure.getMessage());
                scheduler.schedule(this::connect, CONNECT_AGAIN_MS, TimeUnit.MILLISECONDS);
              }
            });
  }

  /** How many publications wait for Redis. */
  int waiting() {
    return waiting.get();
  }

  /** Passes a publication on; fails with a {@link RequestException}. */
  CompletableFuture<Verdict> send(Publication publication, Namespace namespace) {
    StatefulRedisConnection<byte[], byte[]> redis = connection;
    if (publication.close()) {
      return CompletableFuture.failedFuture(
          new RequestException(
              ErrorCode.INVALID_REQUEST,
              namespace.getName() + " is ephemeral: its channels cannot be closed"));
    }
    if (redis == null || waiting.get() >= MAX_WAITING) {
      return CompletableFuture.failedFuture(unavailable());
    }
    waiting.incrementAndGet();
    int partition =
        HomePartition.of(
            namespace.getPartitioner(),
            publication.channel().keyBytes(),
            namespace.getPartitions());
    byte[] name =
        SegmentChannel.name(namespace.getName(), partition).getBytes(StandardCharsets.UTF_8);
    CompletableFuture<Verdict> verdict = new CompletableFuture<>();
    redis
        .async()
        .publish(name, segment(publication, namespace, partition).toByteArray())
        .whenComplete(
            (receivers, failure) -> {
              waiting.decrementAndGet();
              if (failure == null) {
                verdict.complete(Verdict.PASSED_ON);
              } else {
                verdict.completeExceptionally(unavailable());
              }
            });
    return verdict;
  }

  private Segment segment(Publication publication, Namespace namespace, int partition) {
    return Segment.newBuilder()
        .setNamespace(namespace.getName())
        .setEpoch(Epoch.EPHEMERAL.text())
        .setPartition(partition)
        .addEvents(
            Event.newBuilder()
                .setChannelKey(publication.channel().key())
                .setType(publication.type().isEmpty() ? "message" : publication.type())
                .setBy(publication.by())
                .setKey(publication.key())
                .setTsMs(clock.millis())
                .setData(publication.data())
                .setKind(PublishBody.kind(publication.data(), namespace))
                .setContentType(publication.contentType())
                .setTraceparent(publication.traceparent()))
        .build();
  }

  private static RequestException unavailable() {
    return new RequestException(
        ErrorCode.UNAVAILABLE, "ephemeral events go over Redis, which does not answer; try again");
  }

  @Override
  public void close() {
    closed = true;
    StatefulRedisConnection<byte[], byte[]> redis = connection;
    if (redis != null) {
      redis.close();
    }
  }
}
