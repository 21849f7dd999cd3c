package io.tailwater.edge.roster;

import io.lettuce.core.RedisException;
import io.tailwater.contract.Platform;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisScript;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Runs {@code roster.lua} in Redis. Any thread; nothing here waits. A call fails while Redis cannot
 * be reached, and may or may not have been carried out then.
 */
final class RosterScript {
  private static final String RESOURCE = "/roster/roster.lua";

  /** Keeps all keys on one server of a Cluster, so that one call can see all of them. */
  private static final String TAG = "{presence}:";

  private final RedisScript script;
  private final Supplier<@Nullable Platform> platform;
  private final RosterTerms terms;
  private final Supplier<String> names;
  private volatile long clockShiftMs;

  /**
   * @param platform whose members they are; null until it is known
   * @param names makes unique names
   */
  RosterScript(
      Redis redis,
      Supplier<@Nullable Platform> platform,
      RosterTerms terms,
      Supplier<String> names) {
    this.script = new RedisScript(redis, RosterScript.class, RESOURCE);
    this.platform = platform;
    this.terms = terms;
    this.names = names;
  }

  /** Sets the clock of the script ahead, for tests. */
  void shiftClock(long ms) {
    clockShiftMs = ms;
  }

  /** A name that no gateway has had. */
  String newName() {
    return names.get();
  }

  /**
   * The answer to a renewal.
   *
   * @param incarnation changes when Redis has lost its content
   * @param settled whether leases are judged: not before a whole one has passed since Redis was
   *     away
   * @param known whether the gateway still has its lease
   * @param version that of the last change
   * @param changed the channels that have changed since
   * @param all whether these are all of them
   */
  record Renewed(
      String incarnation,
      boolean settled,
      boolean known,
      long version,
      List<String> changed,
      boolean all) {}

  /** Renews a gateway's lease, and learns what has changed after a version. */
  CompletableFuture<Renewed> renew(String holder, long since) {
    return call("renew", List.of(holder, Long.toString(since)))
        .thenApply(
            answer -> {
              List<String> changed = texts(answer.get(4));
              return new Renewed(
                  (String) answer.get(0),
                  isYes(answer.get(1)),
                  isYes(answer.get(2)),
                  (long) answer.get(3),
                  changed,
                  changed.size() < 2_000);
            });
  }

  /** A gateway begins, under a name that is new. */
  CompletableFuture<Boolean> join(String holder) {
    return call("join", List.of(holder)).thenApply(answer -> isYes(answer.get(0)));
  }

  /** What a gateway held under this name breaks. */
  CompletableFuture<Boolean> retire(String holder, long graceMs) {
    return call("retire", List.of(holder, Long.toString(graceMs)))
        .thenApply(answer -> isYes(answer.get(0)));
  }

  /** Notes what a gateway holds. False if it has lost its lease, and nothing was noted. */
  CompletableFuture<Boolean> apply(String holder, List<Holds.Change> changes) {
    List<String> all = new ArrayList<>(1 + 8 * changes.size());
    all.add(holder);
    for (Holds.Change change : changes) {
      all.add(change.key().channel().toString());
      all.add(change.key().subject());
      all.add(Integer.toString(change.connections()));
      all.add(change.added() ? "1" : "0");
      all.add(Long.toString(change.graceMs()));
      all.add(Long.toString(change.sinceMs()));
      all.add(change.info());
      all.add(change.key().listed() ? "1" : "0");
    }
    return call("apply", all).thenApply(answer -> isYes(answer.get(0)));
  }

  /** Notes how many readers channels have at a gateway; as {@link #apply}. */
  CompletableFuture<Boolean> readers(String holder, List<String> channelsAndCounts) {
    List<String> all = new ArrayList<>(channelsAndCounts);
    all.addFirst(holder);
    return call("readers", all).thenApply(answer -> isYes(answer.get(0)));
  }

  /**
   * A subject leaves a channel; as long as this, the end of a connection of it counts as leaving.
   */
  CompletableFuture<Boolean> leave(String channel, String subject, long withinMs) {
    return call("leave", List.of(channel, subject, Long.toString(withinMs)))
        .thenApply(answer -> isYes(answer.get(0)));
  }

  /** What a channel's members are now, or what has changed after a version; 0 for all. */
  CompletableFuture<View.Look> look(String channel, long since, int maxListed) {
    return call("look", List.of(channel, Long.toString(since), Integer.toString(maxListed)))
        .thenApply(
            answer ->
                new View.Look(
                    (long) answer.get(0),
                    Math.toIntExact((long) answer.get(1)),
                    View.Kind.values()[Math.toIntExact((long) answer.get(2))],
                    RosterMembers.of(texts(answer.get(3)))));
  }

  /**
   * A page of a channel's members.
   *
   * @param members in the order of their subjects' bytes
   */
  record Page(boolean settled, long count, long connections, long readers, RosterMembers members) {}

  /** Reads a page of members, those after this subject. */
  CompletableFuture<Page> page(String channel, String after, int limit) {
    return call("page", List.of(channel, after, Integer.toString(limit)))
        .thenApply(
            answer ->
                new Page(
                    isYes(answer.get(0)),
                    (long) answer.get(1),
                    (long) answer.get(2),
                    (long) answer.get(3),
                    RosterMembers.of(texts(answer.get(4)))));
  }

  private CompletableFuture<List<Object>> call(String command, List<String> own) {
    Platform named = platform.get();
    if (named == null) {
      return CompletableFuture.failedFuture(
          new RedisException("the name of the platform is not known yet"));
    }
    List<String> all = new ArrayList<>();
    all.add(command);
    all.add(Long.toString(terms.lease().toMillis()));
    all.add(Long.toString(terms.gap().toMillis()));
    all.add(Long.toString(clockShiftMs));
    all.add(names.get());
    all.addAll(own);
    return script.call(named.prefix() + TAG, all);
  }

  private static boolean isYes(Object number) {
    return number.equals(1L);
  }

  private static List<String> texts(Object list) {
    return ((List<?>) list).stream().map(String.class::cast).toList();
  }
}
