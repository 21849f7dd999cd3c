package io.tailwater.redis;

import io.lettuce.core.RedisURI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens to Redis channels, each on the server that it belongs to. What is published while a
 * channel is not listened to is not heard: {@link #listens} tells, and a {@code changed} is called
 * when that changes. A channel moves with its server: after a break, after a failover of a Cluster
 * and when its slot is moved. Lettuce leaves a sharded channel behind in these cases, so it is done
 * here.
 *
 * <p>Any thread; what it does with Redis is confined to one.
 */
public final class RedisListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RedisListener.class);
  private static final long SETTLE_MS = 500;

  /** In times of settling. A server that is silently gone is noticed by it. */
  private static final int PING_EACH = 6;

  private static final int LOOK_EACH = 2;

  private final Redis redis;
  private final KeyPrefix prefix;
  private final ScheduledExecutorService thread;
  private final Map<String, Subscription> subscriptions = new ConcurrentHashMap<>();

  /** By their names in Redis, as they were asked for; written by the thread. */
  private final Map<String, Subscription> named = new ConcurrentHashMap<>();

  private final Map<RedisURI, ListeningConnection> servers = new HashMap<>();
  private final Set<RedisURI> away = new HashSet<>();
  private final Set<RedisURI> refusing = new HashSet<>();
  private volatile boolean closed;
  private boolean looking;
  private int ticks;
  private int lookedAt = -LOOK_EACH;

  /**
   * @param prefix of all channels; nothing is listened to before it is known, and everything moves
   *     when it changes
   * @param thread one thread; nothing is done once it is shut down
   */
  public RedisListener(Redis redis, KeyPrefix prefix, ScheduledExecutorService thread) {
    this.redis = redis;
    this.prefix = prefix;
    this.thread = thread;
  }

  private static final class Subscription {
    final String channel;
    final Consumer<byte[]> sink;
    final Runnable changed;

    /** Where it was asked for; of the thread, as is what follows. */
    @Nullable ListeningConnection at;

    /** Its name in Redis there. */
    @Nullable String name;

    volatile boolean listens;

    Subscription(String channel, Consumer<byte[]> sink, Runnable changed) {
      this.channel = channel;
      this.sink = sink;
      this.changed = changed;
    }

    void listens(boolean now) {
      if (listens != now) {
        listens = now;
        changed.run();
      }
    }
  }

  /** Begins to listen, and goes on trying to. */
  public void start() {
    thread.scheduleWithFixedDelay(
        () -> {
          try {
            tick();
          } catch (RuntimeException e) {
            LOG.warn("channels of Redis could not be looked after; trying again", e);
          }
        },
        0,
        SETTLE_MS,
        TimeUnit.MILLISECONDS);
  }

  /**
   * Sends the messages of a channel to the sink, until {@link #unsubscribe}.
   *
   * @param channel after the prefix
   * @param sink called on a thread of Redis, which it must not keep waiting
   * @param changed called when {@link #listens} may tell something else; must not wait either
   */
  public void subscribe(String channel, Consumer<byte[]> sink, Runnable changed) {
    Subscription made = new Subscription(channel, sink, changed);
    subscriptions.put(channel, made);
    thread.execute(() -> settle(made));
  }

  /** A message that is under way may still come. */
  public void unsubscribe(String channel) {
    Subscription gone = subscriptions.remove(channel);
    if (gone != null) {
      thread.execute(() -> leave(gone));
    }
  }

  /** Whether messages on this channel may be expected. */
  public boolean listens(String channel) {
    Subscription subscription = subscriptions.get(channel);
    return subscription != null && subscription.listens;
  }

  /** Whether messages on every channel may be expected that was subscribed to. */
  public boolean listens() {
    return subscriptions.values().stream().allMatch(each -> each.listens);
  }

  /** Ends what it does by itself; its connections end with their {@link Redis}. */
  @Override
  public void close() {
    closed = true;
  }

  // --- of the thread ---

  private void tick() {
    if (closed) {
      return;
    }
    boolean ping = ++ticks % PING_EACH == 0;
    Set<ListeningConnection> used = new HashSet<>();
    for (Subscription subscription : subscriptions.values()) {
      settle(subscription);
      if (subscription.at != null) {
        used.add(subscription.at);
      }
    }
    for (Iterator<ListeningConnection> each = servers.values().iterator(); each.hasNext(); ) {
      ListeningConnection server = each.next();
      if (!used.contains(server)) {
        each.remove();
        server.close();
      } else if (ping) {
        server.ping();
      }
    }
    away.retainAll(servers.keySet());
    refusing.retainAll(servers.keySet());
  }

  /** Asks for it where it belongs, if it was asked for elsewhere or nowhere. */
  private void settle(Subscription subscription) {
    if (closed || subscriptions.get(subscription.channel) != subscription) {
      return;
    }
    String begin = prefix.now();
    if (begin == null) {
      return;
    }
    String name = begin + subscription.channel;
    RedisURI home = redis.home(ByteBuffer.wrap(name.getBytes(StandardCharsets.UTF_8)));
    if (home == null) {
      look();
      return;
    }
    ListeningConnection server = servers.computeIfAbsent(home, this::connect);
    if (subscription.at != server || !name.equals(subscription.name)) {
      leave(subscription);
      subscription.at = server;
      subscription.name = name;
      named.put(name, subscription);
      server.ask(name);
    }
  }

  private void leave(Subscription subscription) {
    if (subscription.at != null && subscription.name != null) {
      subscription.at.leave(subscription.name);
    }
    forget(subscription);
  }

  /** It is nowhere asked for. */
  private void forget(Subscription subscription) {
    if (subscription.name != null) {
      named.remove(subscription.name, subscription);
    }
    subscription.name = null;
    subscription.at = null;
    subscription.listens(false);
  }

  private ListeningConnection connect(RedisURI home) {
    return new ListeningConnection(redis, home, thread, new Told());
  }

  private void look() {
    if (!looking && !closed && ticks - lookedAt >= LOOK_EACH) {
      looking = true;
      lookedAt = ticks;
      redis.look().whenCompleteAsync((looked, failure) -> looking = false, thread);
    }
  }

  /** What servers tell of themselves. */
  private final class Told implements ListeningConnection.Ear {
    @Override
    public void message(String channel, byte[] message) {
      Subscription subscription = named.get(channel);
      if (subscription != null) {
        subscription.sink.accept(message);
      }
    }

    @Override
    public void connected(ListeningConnection server) {
      LOG.info("listening to Redis at {}", server.address());
      away.remove(server.home());
      for (Subscription subscription : subscriptions.values()) {
        if (subscription.at == server && subscription.name != null) {
          server.ask(subscription.name);
        }
      }
    }

    @Override
    public void listens(ListeningConnection server, String channel) {
      Subscription subscription = named.get(channel);
      if (subscription != null && subscription.at == server) {
        subscription.listens(true);
      } else {
        server.leave(channel);
      }
    }

    @Override
    public void refused(ListeningConnection server, String channel, Throwable why) {
      if (redis.sharded() && isMoved(why)) {
        look();
      } else if (refusing.add(server.home())) {
        LOG.warn("Redis at {} does not let {} be listened to", server.address(), channel, why);
      }
      server.leave(channel);
      elsewhere(server, channel);
    }

    private static boolean isMoved(Throwable why) {
      return why.getMessage() != null && why.getMessage().startsWith("MOVED");
    }

    @Override
    public void sentAway(ListeningConnection server, String channel) {
      Subscription subscription = named.get(channel);
      // Else it answers a wish of ours.
      if (subscription != null && subscription.listens) {
        elsewhere(server, channel);
        look();
      }
    }

    private void elsewhere(ListeningConnection server, String channel) {
      Subscription subscription = named.get(channel);
      if (subscription != null && subscription.at == server) {
        forget(subscription);
      }
    }

    @Override
    public void lost(ListeningConnection server, String why) {
      if (closed) {
        return;
      }
      server.close();
      servers.remove(server.home(), server);
      if (away.add(server.home())) {
        LOG.warn("no Redis at {}; trying again ({})", server.address(), why);
      }
      for (Subscription subscription : subscriptions.values()) {
        if (subscription.at == server) {
          forget(subscription);
        }
      }
      look();
    }
  }
}
