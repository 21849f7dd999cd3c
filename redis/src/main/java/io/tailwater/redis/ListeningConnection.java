package io.tailwater.redis;

import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one server to listen with, from its first attempt until it breaks. Confined to
 * the thread of its {@link RedisListener}.
 */
final class ListeningConnection {
  private final Redis redis;
  private final RedisURI home;
  private final Executor thread;
  private final Ear ear;
  private @Nullable StatefulRedisPubSubConnection<byte[], byte[]> connection;
  private boolean over;

  /** Begins to connect. */
  ListeningConnection(Redis redis, RedisURI home, Executor thread, Ear ear) {
    this.redis = redis;
    this.home = home;
    this.thread = thread;
    this.ear = ear;
    redis
        .listen(home)
        .whenCompleteAsync(
            (made, failure) -> {
              if (failure == null) {
                onConnected(made);
              } else {
                lost(why(failure));
              }
            },
            thread);
  }

  /** Hears what becomes of it: messages on any thread, all else on its own. */
  interface Ear {
    void message(String channel, byte[] message);

    /** Nothing that was asked for before was passed on. */
    void connected(ListeningConnection server);

    /** From now on messages on this channel come. */
    void listens(ListeningConnection server, String channel);

    /** The server does not let this channel be listened to. */
    void refused(ListeningConnection server, String channel, Throwable why);

    /** The server sends no more messages of this channel: it was left, or has moved. */
    void sentAway(ListeningConnection server, String channel);

    /** It is not connected any more, or never was; told once. To be closed. */
    void lost(ListeningConnection server, String why);
  }

  RedisURI home() {
    return home;
  }

  /** For people: without a password. */
  String address() {
    return home.getHost() + ":" + home.getPort();
  }

  private void onConnected(StatefulRedisPubSubConnection<byte[], byte[]> made) {
    if (over) {
      made.closeAsync();
      return;
    }
    connection = made;
    made.addListener(
        new RedisPubSubAdapter<>() {
          @Override
          public void message(byte[] channel, byte[] message) {
            ear.message(text(channel), message);
          }

          @Override
          public void smessage(byte[] channel, byte[] message) {
            ear.message(text(channel), message);
          }

          @Override
          public void unsubscribed(byte[] channel, long count) {
            sunsubscribed(channel, count);
          }

          @Override
          public void sunsubscribed(byte[] channel, long count) {
            String name = text(channel);
            thread.execute(() -> ear.sentAway(ListeningConnection.this, name));
          }
        });
    made.addListener(
        new RedisConnectionStateListener() {
          @Override
          public void onRedisDisconnected(RedisChannelHandler<?, ?> handler) {
            thread.execute(() -> lost("disconnected"));
          }
        });
    if (made.isOpen()) {
      ear.connected(this);
    } else {
      lost("disconnected");
    }
  }

  /** Asks for a channel's messages; does nothing before it is connected. */
  void ask(String channel) {
    if (connection == null) {
      return;
    }
    byte[] name = bytes(channel);
    CompletionStage<Void> asked =
        redis.sharded() ? connection.async().ssubscribe(name) : connection.async().subscribe(name);
    asked.whenCompleteAsync(
        (done, failure) -> {
          if (failure == null) {
            ear.listens(this, channel);
          } else {
            ear.refused(this, channel, failure);
          }
        },
        thread);
  }

  void leave(String channel) {
    if (connection == null) {
      return;
    }
    byte[] name = bytes(channel);
    if (redis.sharded()) {
      connection.async().sunsubscribe(name);
    } else {
      connection.async().unsubscribe(name);
    }
  }

  /** Breaks the connection if the server does not answer. */
  void ping() {
    if (connection != null) {
      connection
          .async()
          .ping()
          .whenCompleteAsync(
              (answer, failure) -> {
                if (failure != null) {
                  lost(why(failure));
                }
              },
              thread);
    }
  }

  private void lost(String why) {
    if (!over) {
      over = true;
      ear.lost(this, why);
    }
  }

  /** Tells nothing any more. */
  void close() {
    over = true;
    if (connection != null) {
      connection.closeAsync();
      connection = null;
    }
  }

  /** What it comes down to: Lettuce says first that it could not connect. */
  private static String why(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return Objects.requireNonNullElse(root.getMessage(), root.toString());
  }

  private static String text(byte[] name) {
    return new String(name, StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String name) {
    return name.getBytes(StandardCharsets.UTF_8);
  }
}
