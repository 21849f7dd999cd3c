package io.tailwater.redis;

import io.lettuce.core.AbstractRedisClient;
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
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The platform's Redis: makes connections to it, and knows which server a key or a channel belongs
 * to. A Cluster has to be of Redis 7 or later. Any thread.
 */
public final class Redis implements AutoCloseable {
  /** Time between two attempts to reconnect. */
  static final Duration RECONNECT_AFTER = Duration.ofMillis(500);

  private static final Duration LOOK_AGAIN = Duration.ofSeconds(10);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(2);

  /** The one server, or a server of the Cluster. */
  private final RedisURI seed;

  private final ClientResources resources;
  private final @Nullable RedisClient server;
  private final RedisClient listening;
  private final @Nullable RedisClusterClient cluster;
  private volatile boolean clusterKnown;

  /**
   * Connects to nothing yet. Bounds what the clients do, and shuts them down.
   *
   * @param seed the one server, or a server of the Cluster
   * @param server for commands to the one server, not used yet; null for a Cluster
   * @param cluster for commands to the Cluster, not used yet; null for one server
   * @param maxCommands how many commands of one connection may wait for their answers
   */
  Redis(
      RedisURI seed,
      ClientResources resources,
      @Nullable RedisClient server,
      @Nullable RedisClusterClient cluster,
      int maxCommands) {
    this.seed = seed;
    this.resources = resources;
    this.server = server;
    this.cluster = cluster;
    if (server != null) {
      server.setOptions(bounded(ClientOptions.builder(), maxCommands).build());
    }
    if (cluster != null) {
      cluster.setOptions(clusterOptions(maxCommands));
    }
    listening = RedisClient.create(resources);
    // Who listens has to know of a break, and may have to listen elsewhere after it.
    listening.setOptions(
        bounded(ClientOptions.builder(), maxCommands).autoReconnect(false).build());
  }

  private static ClusterClientOptions clusterOptions(int maxCommands) {
    return (ClusterClientOptions)
        bounded(
                ClusterClientOptions.builder()
                    .topologyRefreshOptions(
                        ClusterTopologyRefreshOptions.builder()
                            .enablePeriodicRefresh(LOOK_AGAIN)
                            .enableAllAdaptiveRefreshTriggers()
                            .adaptiveRefreshTriggersTimeout(RECONNECT_AFTER)
                            .build()),
                maxCommands)
            .build();
  }

  private static ClientOptions.Builder bounded(ClientOptions.Builder options, int maxCommands) {
    return options
        .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
        .requestQueueSize(maxCommands)
        .timeoutOptions(TimeoutOptions.enabled(RedisConfiguration.PATIENCE))
        .socketOptions(SocketOptions.builder().connectTimeout(RedisConfiguration.PATIENCE).build());
  }

  /** Whether it is a Cluster, whose channels are sharded. */
  boolean sharded() {
    return cluster != null;
  }

  /** A connection; fails if no server can be reached now. */
  public <K, V> CompletionStage<RedisConnection<K, V>> connect(RedisCodec<K, V> codec) {
    if (cluster == null) {
      return Objects.requireNonNull(server).connectAsync(codec, seed).thenApply(ToServer::new);
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

  /** The client for commands. */
  AbstractRedisClient client() {
    return cluster == null ? Objects.requireNonNull(server) : cluster;
  }

  /** Can be called more than once. */
  @Override
  public void close() {
    List<AbstractRedisClient> clients = List.of(client(), listening);
    clients.forEach(client -> client.shutdown(Duration.ZERO, CLOSE_LIMIT));
    // The bean has resources that are derived from ours, with the same threads.
    clients.forEach(client -> close(client.getResources()));
    close(resources);
  }

  private static void close(ClientResources resources) {
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
