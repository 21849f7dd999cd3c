package io.tailwater.ai.lease;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.tailwater.ai.lease.LeaseJudge.Sight;
import io.tailwater.ai.stream.StreamId;
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
 * Keeps leases in Redis, under {@link LeaseKeys}. Any thread; blocks it for the Redis timeout at
 * most, and queues nothing while Redis is away.
 */
public final class LeaseStore {
  private final Redis redis;
  private final LeaseTerms terms;
  private final Supplier<String> names;

  @GuardedBy("this")
  private @Nullable CompletableFuture<RedisConnection<String, String>> connection;

  /**
   * @param names makes unique names, for incarnations
   */
  public LeaseStore(Redis redis, LeaseTerms terms, Supplier<String> names) {
    this.redis = redis;
    this.terms = terms;
    this.names = names;
  }

  /**
   * Writes or renews leases and the creators of their streams. A lease is written before its stream
   * is registered, so that no instance sees a registered stream without one.
   *
   * @param creators by stream
   */
  void hold(Map<StreamId, String> creators) throws LeaseStoreException {
    if (creators.isEmpty()) {
      return;
    }
    RedisClusterAsyncCommands<String, String> redis = redis();
    SetArgs lease = SetArgs.Builder.px(terms.ttl());
    SetArgs record = SetArgs.Builder.px(terms.creatorTtl());
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

  /** Removes a stream's lease; its creator is kept for its time. */
  void release(StreamId id) throws LeaseStoreException {
    RedisClusterAsyncCommands<String, String> redis = redis();
    // In this order, so that no instance sees it registered without a lease.
    await(redis.srem(LeaseKeys.RUNNING, id.text()));
    await(redis.del(LeaseKeys.lease(id.text())));
  }

  /** Subject of a stream's creator; empty if it is not known. */
  String creator(StreamId id) throws LeaseStoreException {
    return Objects.requireNonNullElse(await(redis().get(LeaseKeys.creator(id.text()))), "");
  }

  /** Returns all registered streams, and which of them have a lease. */
  Sight look() throws LeaseStoreException {
    RedisClusterAsyncCommands<String, String> redis = redis();
    String incarnation = incarnation(redis);
    Set<StreamId> registered = new HashSet<>();
    for (String text : orEmpty(await(redis.smembers(LeaseKeys.RUNNING)))) {
      StreamId.parse(text).ifPresent(registered::add);
    }
    return new Sight(incarnation, registered, existing(redis, LeaseKeys::lease, registered));
  }

  /** Returns those of these streams that are watched. */
  Set<StreamId> watched(Collection<StreamId> ids) throws LeaseStoreException {
    return existing(redis(), LeaseKeys::watched, ids);
  }

  /** Changes when Redis restarts and when it is emptied. */
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

  /** A connection that was established reconnects by itself; else the next caller connects. */
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
    Duration limit = terms.redisTimeout();
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
