package io.tailwater.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.StatefulRedisClusterConnection;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The platform's Redis: makes connections to it, and knows which server a key or a channel belongs
 * to. A Cluster has to be of Redis 7 or later. Owns its threads. Any thread.
 */
public final class Redis implements AutoCloseable {
  /** How long a server has to answer. */
  public static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration CONNECT_AGAIN = Duration.ofMillis(500);
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

  /** The one server, or a server of the Cluster. */
  private final RedisURI seed;

  private final ClientResources resources;
  private final RedisClient server;
  private final RedisClient listening;
  private final @Nullable RedisClusterClient cluster;
  private volatile boolean clusterKnown;

  private Redis(RedisConfiguration configuration, String threads, int mostCommands) {
    seed = configuration.cluster() ? configuration.seeds().getFirst() : configuration.server();
    resources =
        DefaultClientResources.builder()
            .reconnectDelay(Delay.constant(CONNECT_AGAIN))
            .threadFactoryProvider(pool -> new DefaultThreadFactory(threads, true))
            .build();
    server = RedisClient.create(resources);
    server.setOptions(bounded(ClientOptions.builder(), mostCommands).build());
    listening = RedisClient.create(resources);
    // Who listens has to know of a break, and may have to listen elsewhere after it.
    listening.setOptions(
        bounded(ClientOptions.builder(), mostCommands).autoReconnect(false).build());
    cluster = configuration.cluster() ? cluster(configuration.seeds(), mostCommands) : null;
  }

  /**
   * Connects to nothing yet.
   *
   * @param threads how the names of its threads begin
   * @param mostCommands how many commands of one connection may wait for their answers
   */
  public static Redis open(RedisConfiguration configuration, String threads, int mostCommands) {
    return new Redis(configuration, threads, mostCommands);
  }

  private RedisClusterClient cluster(List<RedisURI> seeds, int mostCommands) {
    RedisClusterClient made = RedisClusterClient.create(resources, seeds);
    made.setOptions(
        (ClusterClientOptions)
            bounded(
                    ClusterClientOptions.builder()
                        .topologyRefreshOptions(
                            ClusterTopologyRefreshOptions.builder()
                                .enablePeriodicRefresh(LOOK_AGAIN)
                                .enableAllAdaptiveRefreshTriggers()
                                .adaptiveRefreshTriggersTimeout(CONNECT_AGAIN)
                                .build()),
                    mostCommands)
                .build());
    return made;
  }

  private static ClientOptions.Builder bounded(ClientOptions.Builder options, int mostCommands) {
    return options
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .requestQueueSize(mostCommands)
        .timeoutOptions(TimeoutOptions.enabled(PATIENCE))
        .socketOptions(SocketOptions.builder().connectTimeout(PATIENCE).build());
  }

  /** Whether it is a Cluster, whose channels are sharded. */
  boolean sharded() {
    return cluster != null;
  }

  /** A connection; fails if no server can be reached now. */
  public <K, V> CompletionStage<RedisConnection<K, V>> connect(RedisCodec<K, V> codec) {
    if (cluster == null) {
      return server.connectAsync(codec, seed).thenApply(ToServer::new);
    }
    RedisClusterClient to = cluster;
    return (clusterKnown ? CompletableFuture.<Void>completedFuture(null) : look())
        .thenCompose(known -> to.connectAsync(codec))
        .thenApply(made -> new ToCluster<>(this, codec, made));
  }

  /** A connection to listen with, which is not made again when it breaks. */
  CompletionStage<StatefulRedisPubSubConnection<byte[], byte[]>> listen(RedisURI home) {
    return listening.connectPubSubAsync(ByteArrayCodec.INSTANCE, home);
  }

  /** The server that a key or a channel belongs to, as far as it is known by now. */
  @Nullable RedisURI home(ByteBuffer key) {
    if (cluster == null) {
      return seed;
    }
    if (!clusterKnown) {
      return null;
    }
    RedisClusterNode node = cluster.getPartitions().getMasterBySlot(SlotHash.getSlot(key));
    if (node == null) {
      return null;
    }
    // A node tells where it is, not what it wants to hear: password, TLS.
    return RedisURI.builder(seed)
        .withHost(node.getUri().getHost())
        .withPort(node.getUri().getPort())
        .build();
  }

  /** Asks the Cluster which server has what; done when that is known, or fails. */
  CompletionStage<Void> look() {
    if (cluster == null) {
      return CompletableFuture.completedFuture(null);
    }
    return cluster.refreshPartitionsAsync().thenAccept(looked -> clusterKnown = true);
  }

  @Override
  public void close() {
    if (cluster != null) {
      cluster.shutdown(Duration.ZERO, CLOSE_LIMIT);
    }
    listening.shutdown(Duration.ZERO, CLOSE_LIMIT);
    server.shutdown(Duration.ZERO, CLOSE_LIMIT);
    resources.shutdown(0, CLOSE_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
  }

  private record ToServer<K, V>(StatefulRedisConnection<K, V> connection)
      implements RedisConnection<K, V> {
    @Override
    public RedisClusterAsyncCommands<K, V> commands() {
      return connection.async();
    }

    @Override
    public CompletionStage<Long> publish(K channel, V message) {
      return connection.async().publish(channel, message);
    }

    @Override
    public CompletionStage<String> info(K key, String section) {
      return connection.async().info(section);
    }
  }

  private record ToCluster<K, V>(
      Redis redis, RedisCodec<K, V> codec, StatefulRedisClusterConnection<K, V> connection)
      implements RedisConnection<K, V> {
    @Override
    public RedisClusterAsyncCommands<K, V> commands() {
      return connection.async();
    }

    @Override
    public CompletionStage<Long> publish(K channel, V message) {
      return connection.async().spublish(channel, message);
    }

    @Override
    public CompletionStage<String> info(K key, String section) {
      RedisURI home = redis.home(codec.encodeKey(key));
      return home == null
          ? CompletableFuture.failedFuture(new RedisException("no server has " + key + " now"))
          : connection
              .getConnectionAsync(home.getHost(), home.getPort())
              .thenCompose(node -> node.async().info(section));
    }
  }
}
