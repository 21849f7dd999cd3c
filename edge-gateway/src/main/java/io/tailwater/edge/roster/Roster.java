package io.tailwater.edge.roster;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.PresenceKind;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.presence.Member;
import io.tailwater.edge.presence.Presence;
import io.tailwater.edge.presence.PresenceWish;
import io.tailwater.edge.presence.Watcher;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by its {@link RosterThread}: this gateway's part in who is present. It keeps the gateway's
 * lease, tells Redis whom this gateway holds, and lets the {@link Audience} show what has changed
 * anywhere, at most twice a second.
 *
 * <p>A gateway that has lost its lease, or did not reach Redis, begins another one under a new
 * name, under which it holds everyone again. What it held under the old name breaks, so nobody who
 * is still connected is missing in between.
 */
final class Roster implements Presence, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Roster.class);

  /** Most members that are listed for watchers. */
  static final int MAX_LISTED = 500;

  private static final long TURN_MS = 500;
  private static final int MAX_CHANGES = 500;

  /** Changes of members that come together are told together. */
  private static final long GATHER_MS = 50;

  private static final long POLL_GRACE_MS = 30_000;

  /**
   * What an anonymous connection's name in Redis begins with; no subject has control characters.
   */
  private static final String UNNAMED = "\u0001";

  private final RosterScript script;
  private final RosterTerms terms;
  private final InstantSource clock;
  private final RosterMetrics metrics;
  private final Holds holds = new Holds();
  private final RosterThread thread;
  private final Audience audience;
  private final ReaderCounts readers = new ReaderCounts();
  private final Supplier<CompletableFuture<Map<Channel, Integer>>> readersHere;
  private final int maxConnections;
  private final int turnsPerRenewal;

  /** Empty while it has no lease. */
  private String holder = "";

  private String before = "";
  private String incarnation = "";
  private long version;
  private boolean asking;
  private boolean telling;
  private boolean gathering;
  private int turns;

  /**
   * Does nothing before {@link #start}.
   *
   * @param readersHere how many readers channels have at this gateway
   * @param maxConnections most connections of members
   */
  Roster(
      RosterScript script,
      RosterTerms terms,
      Supplier<CompletableFuture<Map<Channel, Integer>>> readersHere,
      int maxConnections,
      InstantSource clock,
      RosterMetrics metrics) {
    this.script = script;
    this.terms = terms;
    this.readersHere = readersHere;
    this.maxConnections = maxConnections;
    this.clock = clock;
    this.metrics = metrics;
    this.thread = new RosterThread(metrics);
    this.audience = new Audience(script, thread, holds::of, metrics);
    this.turnsPerRenewal = (int) Math.max(1, terms.renew().toMillis() / TURN_MS);
  }

  void start() {
    thread.repeat(TURN_MS, this::turn);
  }

  // --- any thread ---

  @Override
  public Stay enter(
      Channel channel,
      Namespace namespace,
      Identity identity,
      String connection,
      PresenceWish wish) {
    boolean listed =
        !identity.anonymous() && namespace.getPresence() == PresenceKind.PRESENCE_MEMBERS;
    if (identity.anonymous() && wish.polls()) {
      // It has no name by which its next poll could be known.
      return new Nobody();
    }
    if (metrics.stays().incrementAndGet() > maxConnections) {
      metrics.stays().decrementAndGet();
      throw new RequestException(
          ErrorCode.TOO_MANY_CONNECTIONS,
          "this gateway has its " + maxConnections + " present connections; try again");
    }
    String name = identity.anonymous() ? UNNAMED + connection : identity.subject();
    // Nobody can come back as an anonymous connection, so it is gone at once.
    long graceMs =
        identity.anonymous() ? 0 : wish.polls() ? POLL_GRACE_MS : namespace.getPresenceGraceMs();
    Holds.Key key = new Holds.Key(channel, name, listed);
    String info = listed ? wish.info() : "";
    thread.execute(
        () -> {
          holds.enter(key, info, clock.millis());
          gather();
        });
    return new OneStay(key, graceMs);
  }

  /** A client that is not counted. */
  private record Nobody() implements Stay {
    @Override
    public void change(String info) {}

    @Override
    public void leave() {}

    @Override
    public void broke() {}
  }

  private final class OneStay implements Stay {
    private final Holds.Key key;
    private final long graceMs;
    private final AtomicBoolean over = new AtomicBoolean();

    OneStay(Holds.Key key, long graceMs) {
      this.key = key;
      this.graceMs = graceMs;
    }

    @Override
    public void change(String info) {
      if (key.listed()) {
        thread.execute(
            () -> {
              holds.change(key, info);
              gather();
            });
      }
    }

    @Override
    public void leave() {
      end(0);
    }

    @Override
    public void broke() {
      end(graceMs);
    }

    private void end(long afterMs) {
      if (over.compareAndSet(false, true)) {
        metrics.stays().decrementAndGet();
        thread.execute(
            () -> {
              holds.end(key, afterMs);
              gather();
            });
      }
    }
  }

  @Override
  public Watch watch(Channel channel, Namespace namespace, Watcher watcher) {
    metrics.watchers(1);
    int maxListed = namespace.getPresence() == PresenceKind.PRESENCE_MEMBERS ? MAX_LISTED : -1;
    thread.execute(() -> audience.watch(channel, maxListed, watcher));
    AtomicBoolean over = new AtomicBoolean();
    return () -> {
      if (over.compareAndSet(false, true)) {
        metrics.watchers(-1);
        thread.execute(() -> audience.unwatch(channel, watcher));
      }
    };
  }

  @Override
  public CompletableFuture<@Nullable Long> readers(Channel channel, Namespace namespace) {
    if (namespace.getPresence() == PresenceKind.PRESENCE_NONE) {
      return CompletableFuture.completedFuture(null);
    }
    return script
        .page(channel.toString(), "", 0)
        .<@Nullable Long>thenApply(RosterScript.Page::readers)
        .exceptionally(away -> null);
  }

  /**
   * A subject leaves a channel. Fails with a {@link RequestException} while Redis is away.
   *
   * @param graceMs that of the channel's namespace
   */
  CompletableFuture<Boolean> leave(Channel channel, String subject, long graceMs) {
    return script
        .leave(channel.toString(), subject, graceMs)
        .exceptionally(
            failure -> {
              metrics.failed();
              throw new RequestException(
                  ErrorCode.UNAVAILABLE,
                  "presence cannot be changed while Redis is away; try again");
            });
  }

  /**
   * Who is present.
   *
   * @param stale whether it is not known who has left
   * @param more whether members follow
   */
  record Present(boolean stale, long count, long connections, List<Member> members, boolean more) {}

  /** A page of the members after this subject. While Redis is away, what this gateway knows. */
  CompletableFuture<Present> present(Channel channel, String after, int limit) {
    return script
        .page(channel.toString(), after, limit + 1)
        .thenApply(
            page -> {
              List<Member> found = page.members().present();
              return new Present(
                  !page.settled(),
                  page.count(),
                  page.connections(),
                  found.subList(0, Math.min(limit, found.size())),
                  found.size() > limit);
            })
        .exceptionallyAsync(failure -> known(channel, after, limit), thread);
  }

  // --- its lease ---

  private void turn() {
    turns++;
    boolean due = holder.isEmpty() || turns % turnsPerRenewal == 0 || !audience.isEmpty();
    if (due && !asking) {
      asking = true;
      ask();
    }
    if (turns % turnsPerRenewal == 0 && !holder.isEmpty()) {
      thread.on(readersHere.get(), (now, failure) -> tellReaders(now));
    }
    if (!holder.isEmpty()) {
      audience.turn();
    }
  }

  private void tellReaders(@Nullable Map<Channel, Integer> now) {
    if (now == null || holder.isEmpty()) {
      return;
    }
    List<String> changed = readers.change(now);
    for (int i = 0; i < changed.size(); i += 2 * MAX_CHANGES) {
      thread.on(
          script.readers(holder, changed.subList(i, Math.min(i + 2 * MAX_CHANGES, changed.size()))),
          (known, failure) -> {
            if (known == null || !known) {
              readers.forget();
            }
          });
    }
  }

  private void ask() {
    String asked = holder;
    if (asked.isEmpty()) {
      join();
      return;
    }
    thread.on(
        script.renew(asked, version),
        (renewed, failure) -> {
          asking = false;
          if (renewed == null) {
            blind(failure);
          } else {
            onRenewed(renewed);
          }
        });
  }

  private void join() {
    String fresh = script.newName();
    thread.on(
        script.join(fresh),
        (joined, failure) -> {
          asking = false;
          if (joined == null) {
            blind(failure);
            return;
          }
          metrics.leased();
          holder = fresh;
          holds.again();
          readers.forget();
          tell();
        });
  }

  private void onRenewed(RosterScript.Renewed renewed) {
    if (!renewed.known()) {
      lost();
    }
    boolean emptied = !renewed.incarnation().equals(incarnation);
    incarnation = renewed.incarnation();
    version = renewed.version();
    metrics.stale(!renewed.settled());
    if (emptied) {
      audience.forgetVersions();
    }
    audience.seen(renewed.settled(), emptied || !renewed.all() ? null : renewed.changed());
  }

  /** It has no lease any more, or may have none: everything is held again, under another name. */
  private void lost() {
    if (!holder.isEmpty()) {
      before = holder;
      holder = "";
    }
  }

  private void blind(@Nullable Throwable failure) {
    metrics.failed();
    metrics.stale(true);
    LOG.debug("presence is frozen: {}", failure == null ? "" : failure.getMessage());
    lost();
    audience.blind();
  }

  // --- whom it holds ---

  /** Tells Redis soon. */
  private void gather() {
    metrics.waiting(holds.waiting());
    if (!gathering && !telling && !holder.isEmpty()) {
      gathering = true;
      thread.executeAfter(
          GATHER_MS,
          () -> {
            gathering = false;
            tell();
          });
    }
  }

  private void tell() {
    assert RosterThread.isCurrent();
    if (telling || holder.isEmpty()) {
      return;
    }
    String under = holder;
    if (holds.told()) {
      retire();
      return;
    }
    telling = true;
    thread.on(
        script.apply(under, holds.take(MAX_CHANGES)),
        (known, failure) -> {
          telling = false;
          metrics.waiting(holds.waiting());
          if (known == null) {
            blind(failure);
          } else if (!known) {
            lost();
          } else if (!holds.told() || !before.isEmpty()) {
            tell();
          }
        });
  }

  /** Everything is held under the new name, so the old one is not needed any more. */
  private void retire() {
    String old = before;
    if (!old.isEmpty()) {
      before = "";
      thread.on(
          script.retire(old, terms.lease().toMillis()),
          (done, failure) -> {
            if (done == null) {
              // It expires by itself.
              metrics.failed();
            }
          });
    }
  }

  // --- what it knows without Redis ---

  private Present known(Channel channel, String after, int limit) {
    assert RosterThread.isCurrent();
    metrics.failed();
    View view = audience.view(channel);
    List<Holds.Held> here = holds.of(channel);
    List<Member> seen = view == null ? null : view.members();
    List<Member> page =
        (seen == null ? Holds.listed(here) : seen)
            .stream()
                .filter(member -> member.subject().compareTo(after) > 0)
                .sorted(Comparator.comparing(Member::subject))
                .limit(limit + 1L)
                .toList();
    return new Present(
        true,
        Math.max(here.size(), view == null ? 0 : view.count()),
        here.stream().mapToLong(Holds.Held::connections).sum(),
        page.subList(0, Math.min(limit, page.size())),
        page.size() > limit);
  }

  /** What it holds breaks at once, and not when its lease is over; if Redis can be told that. */
  @Override
  public void close() {
    thread.execute(
        () -> {
          if (!holder.isEmpty()) {
            script.retire(holder, terms.lease().toMillis());
          }
        });
    thread.close();
  }
}
