package io.tailwater.edge;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Messages between gateways over Redis; while it is gone, they are lost. Any thread. */
public final class RedisBus implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisBus.class);
  private static final long CONNECT_AGAIN_MS = 1_000;
  private static final int MAX_WAITING = 10_000;

  private final RedisClient client;
  private final RedisURI address;
  private final ScheduledExecutorService scheduler;
  private final Map<String, Consumer<byte[]>> sinks = new ConcurrentHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private volatile @Nullable StatefulRedisConnection<byte[], byte[]> publishing;
  private volatile @Nullable StatefulRedisPubSubConnection<byte[], byte[]> listening;
  private volatile boolean closed;

  RedisBus(RedisClient client, RedisURI address, ScheduledExecutorService scheduler) {
    this.client = client;
    this.address = address;
    this.scheduler = scheduler;
  }

  /** Connects, and goes on trying; Lettuce keeps up a connection that was there once. */
  void connect() {
    keepTrying(
        () -> client.connectAsync(ByteArrayCodec.INSTANCE, address), made -> publishing = made);
    keepTrying(
        () -> client.connectPubSubAsync(ByteArrayCodec.INSTANCE, address), this::onListening);
  }

  private <C> void keepTrying(Supplier<CompletionStage<C>> attempt, Consumer<C> connected) {
    if (closed) {
      return;
    }
    attempt
        .get()
        .whenComplete(
            (made, failure) -> {
              if (failure == null) {
                connected.accept(made);
              } else {
                LOG.debug("no Redis between gateways: {}", failure.getMessage());
                scheduler.schedule(
                    () -> keepTrying(attempt, connected), CONNECT_AGAIN_MS, TimeUnit.MILLISECONDS);
              }
            });
  }

  private void onListening(StatefulRedisPubSubConnection<byte[], byte[]> made) {
    made.addListener(
        new RedisPubSubAdapter<>() {
          @Override
          public void message(byte[] channel, byte[] message) {
            Consumer<byte[]> sink = sinks.get(new String(channel, StandardCharsets.UTF_8));
            if (sink != null) {
              sink.accept(message);
            }
          }
        });
    listening = made;
    sinks.keySet().forEach(name -> made.async().subscribe(bytes(name)));
  }

  /** Sends the messages of a Redis channel to the sink, which must not wait. */
  public void subscribe(String channel, Consumer<byte[]> sink) {
    sinks.put(channel, sink);
    StatefulRedisPubSubConnection<byte[], byte[]> now = listening;
    if (now != null) {
      now.async().subscribe(bytes(channel));
    }
  }

  /** Publishes; done with how many gateways heard it, or fails while Redis cannot be reached. */
  public CompletableFuture<Long> publish(String channel, byte[] message) {
    StatefulRedisConnection<byte[], byte[]> now = publishing;
    if (now == null || waiting.get() >= MAX_WAITING) {
      return CompletableFuture.failedFuture(
          new IllegalStateException(now == null ? "no Redis yet" : "too much waits for Redis"));
    }
    waiting.incrementAndGet();
    CompletableFuture<Long> heard = new CompletableFuture<>();
    now.async()
        .publish(bytes(channel), message)
        .whenComplete(
            (receivers, failure) -> {
              waiting.decrementAndGet();
              if (failure == null) {
                heard.complete(receivers);
              } else {
                heard.completeExceptionally(failure);
              }
            });
    return heard;
  }

  /** How many messages Redis has not taken yet. */
  int waiting() {
    return waiting.get();
  }

  @Override
  public void close() {
    closed = true;
    StatefulRedisConnection<byte[], byte[]> out = publishing;
    if (out != null) {
      out.close();
    }
    StatefulRedisPubSubConnection<byte[], byte[]> in = listening;
    if (in != null) {
      in.close();
    }
  }

  private static byte[] bytes(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }
}
