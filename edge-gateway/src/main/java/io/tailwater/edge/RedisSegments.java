package io.tailwater.edge;

import com.google.protobuf.InvalidProtocolBufferException;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.tailwater.contract.SegmentChannel;
import io.tailwater.contract.v1.Segment;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/** Segments as the event-cores broadcast them over Redis pub/sub. Any thread. */
final class RedisSegments implements SegmentSource, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisSegments.class);
  private static final long CONNECT_AGAIN_MS = 1_000;

  private final RedisClient client;
  private final RedisURI address;
  private final ScheduledExecutorService scheduler;
  private final Map<String, Consumer<Segment>> sinks = new ConcurrentHashMap<>();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final AtomicBoolean connected = new AtomicBoolean();
  private volatile @Nullable StatefulRedisPubSubConnection<byte[], byte[]> connection;
  private volatile boolean closed;

  RedisSegments(RedisClient client, RedisURI address, ScheduledExecutorService scheduler) {
    this.client = client;
    this.address = address;
    this.scheduler = scheduler;
    client.addListener(
        new RedisConnectionStateListener() {
          @Override
          public void onRedisConnected(RedisChannelHandler<?, ?> handler, SocketAddress address) {
            if (handler == connection) {
              change(true);
            }
          }

          @Override
          public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
            if (handler == connection) {
              change(false);
            }
          }
        });
  }

  /** Connects, and goes on trying; Lettuce keeps up a connection that was there once. */
  void connect() {
    connect(Level.WARN);
  }

  private void connect(Level ofFailure) {
    if (closed) {
      return;
    }
    client
        .connectPubSubAsync(ByteArrayCodec.INSTANCE, address)
        .whenComplete(
            (made, failure) -> {
              if (failure != null) {
                LOG.atLevel(ofFailure)
                    .log(
                        "no Redis: following event-core instead; trying again ({})",
                        failure.getMessage());
                scheduler.schedule(
                    () -> connect(Level.DEBUG), CONNECT_AGAIN_MS, TimeUnit.MILLISECONDS);
                return;
              }
              made.addListener(
                  new RedisPubSubAdapter<>() {
                    @Override
                    public void message(byte[] channel, byte[] message) {
                      onMessage(channel, message);
                    }
                  });
              connection = made;
              sinks.keySet().forEach(name -> made.async().subscribe(bytes(name)));
              change(true);
            });
  }

  private void onMessage(byte[] channel, byte[] message) {
    Consumer<Segment> sink = sinks.get(new String(channel, StandardCharsets.UTF_8));
    if (sink != null) {
      try {
        sink.accept(Segment.parseFrom(message));
      } catch (InvalidProtocolBufferException e) {
        LOG.warn(
            "a message on {} is no segment; the hole will be followed",
            new String(channel, StandardCharsets.UTF_8));
      }
    }
  }

  @Override
  public void subscribe(String namespace, int partition, Consumer<Segment> sink) {
    String name = SegmentChannel.name(namespace, partition);
    sinks.put(name, sink);
    StatefulRedisPubSubConnection<byte[], byte[]> now = connection;
    if (now != null) {
      now.async().subscribe(bytes(name));
    }
  }

  @Override
  public void unsubscribe(String namespace, int partition) {
    String name = SegmentChannel.name(namespace, partition);
    sinks.remove(name);
    StatefulRedisPubSubConnection<byte[], byte[]> now = connection;
    if (now != null) {
      now.async().unsubscribe(bytes(name));
    }
  }

  @Override
  public boolean connected() {
    return connected.get();
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  private void change(boolean now) {
    if (connected.getAndSet(now) != now) {
      LOG.info(now ? "segments come by Redis" : "Redis is gone: following event-core instead");
      listeners.forEach(Runnable::run);
    }
  }

  @Override
  public void close() {
    closed = true;
    StatefulRedisPubSubConnection<byte[], byte[]> now = connection;
    if (now != null) {
      now.close();
    }
  }

  private static byte[] bytes(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }
}
