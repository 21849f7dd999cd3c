package io.tailwater.redis;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.concurrent.CompletionStage;

/**
 * A connection for commands. It is kept up for ever; while a server that a command needs is away,
 * the command fails at once or after {@link RedisConfiguration#PATIENCE}. Any thread.
 */
public interface RedisConnection<K, V> {
  /** Commands of one key, or of keys in one slot. */
  RedisClusterAsyncCommands<K, V> commands();

  /** Publishes on a channel; done with how many listen to it. */
  CompletionStage<Long> publish(K channel, V message);

  /** What the server that a key belongs to says about itself in this section of {@code INFO}. */
  CompletionStage<String> info(K key, String section);
}
