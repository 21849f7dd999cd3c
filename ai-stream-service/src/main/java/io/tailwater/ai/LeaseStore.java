package io.tailwater.ai;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.Delay;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.tailwater.ai.LeaseJudge.Sight;
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
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The leases in Redis. Keys:
 *
 * <pre>
 * tw:ai:{id}          who began the stream
 * tw:ai:lease:{id}    there as long as its producer renews it
 * tw:ai:running       the set of ids whose leases are to be judged; gateways add what is watched
 * tw:ai:watched:{id}  there as long as a gateway has somebody who watches; written by gateways
 * tw:ai:incarnation   tells a store that was emptied from the one before
 * </pre>
 *
 * <p>Never waits longer than told, and does not queue while Redis is away. Safe for many threads.
 */
final class LeaseStore implements AutoCloseable {
  /** Prefix of the names of the threads that talk to Redis. */
  static final String THREAD = "ai-redis";

  private static final String CREATOR = "tw:ai:";
  private static final String LEASE = "tw:ai:lease:";
  private static final String WATCHED = "tw:ai:watched:";
  private static final String RUNNING = "tw:ai:running";
  private static final String INCARNATION = "tw:ai:incarnation";

  /** Commands that may be on their way; a tick of a full instance has three for each stream. */
  private static final int MOST_COMMANDS = 500_000;

  private static final int THREADS = 2;

  private final ClientResources resources;
  private final RedisClient client;
  private final RedisURI uri;
  private final LeaseConfiguration configuration;
  private final Supplier<String> names;
  private @Nullable CompletableFuture<StatefulRedisConnection<String, String>> connection;

  /**
   * @param uri {@code redis://host:port}
   * @param names makes names that nobody has had, for incarnations
   */
  LeaseStore(String uri, LeaseConfiguration configuration, Supplier<String> names) {
    this.configuration = configuration;
    this.names = names;
    this.uri = RedisURI.create(uri);
    this.resources =
        DefaultClientResources.builder()
            .ioThreadPoolSize(THREADS)
            .computationThreadPoolSize(THREADS)
            .reconnectDelay(Delay.constant(configuration.interval()))
            .threadFactoryProvider(pool -> new DefaultThreadFactory(THREAD, true))
            .build();
    this.client = RedisClient.create(resources);
    client.setOptions(
        ClientOptions.builder()
            .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
            .requestQueueSize(MOST_COMMANDS)
            .build());
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
    RedisAsyncCommands<String, String> redis = redis();
    SetArgs lease = SetArgs.Builder.px(configuration.ttl());
    SetArgs record = SetArgs.Builder.px(configuration.creatorTtl());
    List<RedisFuture<?>> written = new ArrayList<>(2 * creators.size());
    creators.forEach(
        (id, creator) -> {
          written.add(redis.set(CREATOR + id, creator, record));
          written.add(redis.set(LEASE + id, "held", lease));
        });
    awaitAll(written);
    await(redis.sadd(RUNNING, texts(creators.keySet())));
  }

  /** Has a stream's lease judged. */
  void register(StreamId id) throws LeaseStoreException {
    await(redis().sadd(RUNNING, id.text()));
  }

  /** Forgets a stream's lease; its creator is still known for a while. */
  void release(StreamId id) throws LeaseStoreException {
    RedisAsyncCommands<String, String> redis = redis();
    // In this order, so that nobody sees it registered without a lease.
    await(redis.srem(RUNNING, id.text()));
    await(redis.del(LEASE + id));
  }

  /** Who began a stream; empty if it is not known. */
  String creator(StreamId id) throws LeaseStoreException {
    return Objects.requireNonNullElse(await(redis().get(CREATOR + id)), "");
  }

  /** All that is registered, and which leases of it are there. */
  Sight look() throws LeaseStoreException {
    RedisAsyncCommands<String, String> redis = redis();
    String incarnation = incarnation(redis);
    Set<StreamId> registered = new HashSet<>();
    for (String text : orEmpty(await(redis.smembers(RUNNING)))) {
      StreamId.parse(text).ifPresent(registered::add);
    }
    return new Sight(incarnation, registered, existing(redis, LEASE, registered));
  }

  /** Which of these streams somebody watches. */
  Set<StreamId> watched(Collection<StreamId> ids) throws LeaseStoreException {
    return existing(redis(), WATCHED, ids);
  }

  /** Changes when Redis is started anew and when it is emptied. */
  private String incarnation(RedisAsyncCommands<String, String> redis) throws LeaseStoreException {
    await(redis.set(INCARNATION, names.get(), SetArgs.Builder.nx()));
    String process =
        Optional.ofNullable(await(redis.info("server")))
            .orElse("")
            .lines()
            .filter(line -> line.startsWith("run_id:"))
            .findFirst()
            .orElse("");
    return process + " " + await(redis.get(INCARNATION));
  }

  private Set<StreamId> existing(
      RedisAsyncCommands<String, String> redis, String prefix, Collection<StreamId> ids)
      throws LeaseStoreException {
    Map<StreamId, RedisFuture<Long>> found = new LinkedHashMap<>();
    ids.forEach(id -> found.put(id, redis.exists(prefix + id)));
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

  private RedisAsyncCommands<String, String> redis() throws LeaseStoreException {
    return Objects.requireNonNull(await(connection())).async();
  }

  /** The connection; it reconnects by itself once it was there, else the next caller tries. */
  private synchronized CompletableFuture<StatefulRedisConnection<String, String>> connection() {
    if (connection == null || connection.isCompletedExceptionally()) {
      connection = client.connectAsync(StringCodec.UTF8, uri).toCompletableFuture();
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

  private <T> @Nullable T await(RedisFuture<T> answer) throws LeaseStoreException {
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

  @Override
  public void close() {
    client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
    resources.shutdown(0, 1, TimeUnit.SECONDS);
  }
}
