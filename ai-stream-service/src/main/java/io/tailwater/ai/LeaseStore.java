package io.tailwater.ai;

import io.lettuce.core.RedisFuture;
import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.tailwater.ai.LeaseJudge.Sight;
import io.tailwater.contract.LeaseKeys;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The leases in Redis, under {@link LeaseKeys}. Never waits longer than told, and does not queue
 * while Redis is away. Safe for many threads.
 */
final class LeaseStore {
  private final Redis redis;
  private final LeaseConfiguration configuration;
  private final Supplier<String> names;
  private @Nullable CompletableFuture<RedisConnection<String, String>> connection;

  /**
   * @param names makes names that nobody has had, for incarnations
   */
  LeaseStore(Redis redis, LeaseConfiguration configuration, Supplier<String> names) {
    this.redis = redis;
    this.configuration = configuration;
    this.names = names;
  }

  /**
   * Writes or renews leases, and who began their streams. A lease is there before its stream is
   * registered, so that nobody sees one without it.
   *
   * @param creators by stream
   */
  void hold(Map<StreamId, String> creators) throws LeaseStoreException {
    if (creators.isEmpty()) {
      return;
    }
    RedisClusterAsyncCommands<String, String> redis = redis();
    SetArgs lease = SetArgs.Builder.px(configuration.ttl());
    SetArgs record = SetArgs.Builder.px(configuration.creatorTtl());
    List<RedisFuture<?>> written = new ArrayList<>(2 * creators.size());
    creators.forEach(
        (id, creator) -> {
          written.add(redis.set(LeaseKeys.creator(id.text()), creator, record));
          written.add(redis.set(LeaseKeys.lease(id.text()), "held", lease));
        });
    awaitAll(written);
    await(redis.sadd(LeaseKeys.RUNNING, texts(creators.keySet())));
  }

  /** Has a stream's lease judged. */
  void register(StreamId id) throws LeaseStoreException {
    await(redis().sadd(LeaseKeys.RUNNING, id.text()));
  }

  /** Forgets a stream's lease; its creator is still known for a while. */
  void release(StreamId id) throws LeaseStoreException {
    RedisClusterAsyncCommands<String, String> redis = redis();
    // In this order, so that nobody sees it registered without a lease.
    await(redis.srem(LeaseKeys.RUNNING, id.text()));
    await(redis.del(LeaseKeys.lease(id.text())));
  }

  /** Who began a stream; empty if it is not known. */
  String creator(StreamId id) throws LeaseStoreException {
    return Objects.requireNonNullElse(await(redis().get(LeaseKeys.creator(id.text()))), "");
  }

  /** All that is registered, and which leases of it are there. */
  Sight look() throws LeaseStoreException {
    RedisClusterAsyncCommands<String, String> redis = redis();
    String incarnation = incarnation(redis);
    Set<StreamId> registered = new HashSet<>();
    for (String text : orEmpty(await(redis.smembers(LeaseKeys.RUNNING)))) {
      StreamId.parse(text).ifPresent(registered::add);
    }
    return new Sight(incarnation, registered, existing(redis, LeaseKeys::lease, registered));
  }

  /** Which of these streams somebody watches. */
  Set<StreamId> watched(Collection<StreamId> ids) throws LeaseStoreException {
    return existing(redis(), LeaseKeys::watched, ids);
  }

  /** Changes when Redis is started anew and when it is emptied. */
  private String incarnation(RedisClusterAsyncCommands<String, String> redis)
      throws LeaseStoreException {
    await(redis.set(LeaseKeys.INCARNATION, names.get(), SetArgs.Builder.nx()));
    String process =
        Optional.ofNullable(await(connected().info(LeaseKeys.INCARNATION, "server")))
            .orElse("")
            .lines()
            .filter(line -> line.startsWith("run_id:"))
            .findFirst()
            .orElse("");
    return process + " " + await(redis.get(LeaseKeys.INCARNATION));
  }

  private Set<StreamId> existing(
      RedisClusterAsyncCommands<String, String> redis,
      Function<String, String> key,
      Collection<StreamId> ids)
      throws LeaseStoreException {
    Map<StreamId, RedisFuture<Long>> found = new LinkedHashMap<>();
    ids.forEach(id -> found.put(id, redis.exists(key.apply(id.text()))));
    awaitAll(found.values());
    Set<StreamId> existing = new HashSet<>();
    for (Map.Entry<StreamId, RedisFuture<Long>> entry : found.entrySet()) {
      Long count = await(entry.getValue());
      if (count != null && count > 0) {
        existing.add(entry.getKey());
      }
    }
    return existing;
  }

  private RedisClusterAsyncCommands<String, String> redis() throws LeaseStoreException {
    return connected().commands();
  }

  private RedisConnection<String, String> connected() throws LeaseStoreException {
    return Objects.requireNonNull(await(connection()));
  }

  /** The connection; it reconnects by itself once it was there, else the next caller tries. */
  private synchronized CompletableFuture<RedisConnection<String, String>> connection() {
    if (connection == null || connection.isCompletedExceptionally()) {
      connection = redis.<String, String>connect(StringCodec.UTF8).toCompletableFuture();
    }
    return connection;
  }

  private void awaitAll(Collection<? extends RedisFuture<?>> answers) throws LeaseStoreException {
    await(
        CompletableFuture.allOf(
            answers.stream()
                .map(answer -> answer.toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new)));
  }

  private <T> @Nullable T await(CompletionStage<T> answer) throws LeaseStoreException {
    return await(answer.toCompletableFuture());
  }

  private <T> @Nullable T await(CompletableFuture<T> answer) throws LeaseStoreException {
    Duration limit = configuration.redisTimeout();
    try {
      return answer.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new LeaseStoreException("no answer from Redis within " + limit.toMillis() + " ms");
    } catch (ExecutionException e) {
      throw new LeaseStoreException("Redis: " + e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LeaseStoreException("interrupted");
    }
  }

  private static Set<String> orEmpty(@Nullable Set<String> texts) {
    return texts == null ? Set.of() : texts;
  }

  private static String[] texts(Collection<StreamId> ids) {
    return ids.stream().map(StreamId::text).toArray(String[]::new);
  }
}
