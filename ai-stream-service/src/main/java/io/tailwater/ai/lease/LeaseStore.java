package io.tailwater.ai.lease;

import io.lettuce.core.KeyValue;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScoredValue;
import io.lettuce.core.SetArgs;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.tailwater.ai.lease.LeaseJudge.Sight;
import io.tailwater.ai.stream.StreamId;
import io.tailwater.client.PlatformName;
import io.tailwater.contract.LeaseKeys;
import io.tailwater.redis.LazyConnection;
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
public final class LeaseStore implements TokenCounts {
  /** Of a list; older ones can still be read by their ids. */
  private static final long MAX_LISTED = 100_000;

  /** Of the list of one subject. */
  private static final long MAX_LISTED_PER_CREATOR = 1_000;

  private final LazyConnection connection;
  private final PlatformName platform;
  private final LeaseTerms terms;
  private final Supplier<String> names;

  /**
   * @param platform whose streams have these leases
   * @param names makes unique names, for incarnations
   */
  public LeaseStore(Redis redis, PlatformName platform, LeaseTerms terms, Supplier<String> names) {
    this.connection = new LazyConnection(redis);
    this.platform = platform;
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
    LeaseKeys keys = keys();
    SetArgs lease = SetArgs.Builder.px(terms.ttl());
    SetArgs record = SetArgs.Builder.px(terms.creatorTtl());
    List<RedisFuture<?>> written = new ArrayList<>(2 * creators.size());
    creators.forEach(
        (id, creator) -> {
          written.add(redis.set(keys.creator(id.text()), creator, record));
          written.add(redis.set(keys.lease(id.text()), "held", lease));
        });
    awaitAll(written);
    await(redis.sadd(keys.running(), texts(creators.keySet())));
  }

  /** Has a stream's lease judged. */
  void register(StreamId id) throws LeaseStoreException {
    await(redis().sadd(keys().running(), id.text()));
  }

  /** Removes a stream's lease; its creator is kept for its time. */
  void release(StreamId id) throws LeaseStoreException {
    RedisClusterAsyncCommands<String, String> redis = redis();
    LeaseKeys keys = keys();
    // In this order, so that no instance sees it registered without a lease.
    await(redis.srem(keys.running(), id.text()));
    await(redis.del(keys.lease(id.text())));
  }

  /** Subject of a stream's creator; empty if it is not known. */
  String creator(StreamId id) throws LeaseStoreException {
    return Objects.requireNonNullElse(await(redis().get(keys().creator(id.text()))), "");
  }

  /** Puts a new stream on the lists of streams, without waiting for it. */
  void list(StreamId id, String creator, long createdMs) throws LeaseStoreException {
    RedisClusterAsyncCommands<String, String> redis = redis();
    String all = keys().streams();
    String own = keys().streamsOf(creator);
    redis.zadd(all, createdMs, id.text());
    redis.zadd(own, createdMs, id.text());
    redis.zremrangebyrank(all, 0, -MAX_LISTED - 1);
    redis.zremrangebyrank(own, 0, -MAX_LISTED_PER_CREATOR - 1);
    redis.pexpire(all, terms.creatorTtl());
    redis.pexpire(own, terms.creatorTtl());
    redis.zremrangebyscore(all, Range.create(0, createdMs - terms.creatorTtl().toMillis()));
  }

  /**
   * Returns streams by their creation, the newest first.
   *
   * @param creator only those of this subject; empty for all
   * @param throughMs only those that were created until then
   */
  List<Listed> listed(String creator, long throughMs, int count) throws LeaseStoreException {
    List<ScoredValue<String>> found =
        await(
            redis()
                .zrevrangebyscoreWithScores(
                    creator.isEmpty() ? keys().streams() : keys().streamsOf(creator),
                    Range.create(0, throughMs),
                    Limit.create(0, count)));
    List<Listed> listed = new ArrayList<>();
    if (found != null) {
      for (ScoredValue<String> each : found) {
        StreamId.parse(each.getValue())
            .ifPresent(id -> listed.add(new Listed(id, (long) each.getScore())));
      }
    }
    return listed;
  }

  @Override
  public List<Long> used(String user, List<String> windows) throws LeaseStoreException {
    LeaseKeys keys = keys();
    List<KeyValue<String, String>> counts =
        await(
            redis()
                .mget(
                    windows.stream().map(each -> keys.tokens(user, each)).toArray(String[]::new)));
    return counts == null
        ? windows.stream().map(each -> 0L).toList()
        : counts.stream().map(count -> Long.parseLong(count.getValueOrElse("0"))).toList();
  }

  @Override
  public void use(String user, String window, long tokens, Duration kept)
      throws LeaseStoreException {
    RedisClusterAsyncCommands<String, String> redis = redis();
    String key = keys().tokens(user, window);
    await(redis.incrby(key, tokens));
    redis.pexpire(key, kept);
  }

  /** Returns all registered streams, and which of them have a lease. */
  Sight look() throws LeaseStoreException {
    RedisClusterAsyncCommands<String, String> redis = redis();
    LeaseKeys keys = keys();
    String incarnation = incarnation(redis, keys);
    Set<StreamId> registered = new HashSet<>();
    for (String text : orEmpty(await(redis.smembers(keys.running())))) {
      StreamId.parse(text).ifPresent(registered::add);
    }
    return new Sight(incarnation, registered, existing(redis, keys::lease, registered));
  }

  /** Returns those of these streams that are watched. */
  Set<StreamId> watched(Collection<StreamId> ids) throws LeaseStoreException {
    return existing(redis(), keys()::watched, ids);
  }

  /** Changes when Redis restarts and when it is emptied. */
  private String incarnation(RedisClusterAsyncCommands<String, String> redis, LeaseKeys keys)
      throws LeaseStoreException {
    await(redis.set(keys.incarnation(), names.get(), SetArgs.Builder.nx()));
    String process =
        Optional.ofNullable(await(connected().info(keys.incarnation(), "server")))
            .orElse("")
            .lines()
            .filter(line -> line.startsWith("run_id:"))
            .findFirst()
            .orElse("");
    return process + " " + await(redis.get(keys.incarnation()));
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

  private LeaseKeys keys() throws LeaseStoreException {
    return new LeaseKeys(Objects.requireNonNull(await(platform.get())));
  }

  private RedisClusterAsyncCommands<String, String> redis() throws LeaseStoreException {
    return connected().commands();
  }

  private RedisConnection<String, String> connected() throws LeaseStoreException {
    return Objects.requireNonNull(await(connection.get()));
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
      throw new LeaseStoreException("no answer within " + limit.toMillis() + " ms");
    } catch (ExecutionException e) {
      throw new LeaseStoreException(String.valueOf(e.getCause()));
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
