package io.tailwater.edge.access;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The revocations that this gateway has read from the log, the latest of each subject and token. It
 * keeps what it knows while the log cannot be read. Any thread reads; one thread writes.
 */
public final class Revocations {
  private static final Logger LOG = LoggerFactory.getLogger(Revocations.class);

  /** The most revocations that are accepted; further ones are refused. */
  private static final int MAX = 100_000;

  /** The most that are kept: concurrent requests to several gateways can exceed {@link #MAX}. */
  private static final int MAX_KEPT = 2 * MAX;

  private final ConcurrentMap<Revocation.Target, Revocation> latest = new ConcurrentHashMap<>();
  private final Duration tokenLife;
  private final InstantSource clock;
  private volatile boolean complete;

  /**
   * @param tokenLife how long a token may be valid, for which a revocation is in force unless it
   *     says otherwise
   */
  public Revocations(Duration tokenLife, InstantSource clock) {
    this.tokenLife = tokenLife;
    this.clock = clock;
  }

  /** How long a token may be valid. */
  public Duration tokenLife() {
    return tokenLife;
  }

  /**
   * Whether all that were in the log at the start have been read. Until then no token is judged.
   */
  public boolean complete() {
    return complete;
  }

  /** Everything in the log has been read. */
  public void setComplete() {
    complete = true;
  }

  /** Keeps a revocation, in place of an earlier one of its target. */
  public void put(Revocation revocation) {
    if (revocation.isOver(clock.millis())) {
      latest.remove(revocation.target());
      return;
    }
    if (latest.size() >= MAX_KEPT && !latest.containsKey(revocation.target())) {
      latest.values().stream()
          .min(Comparator.comparingLong(Revocation::untilMs))
          .ifPresent(first -> latest.remove(first.target()));
      LOG.error("more than {} tokens and subjects are revoked: one is forgotten early", MAX_KEPT);
    }
    latest.put(revocation.target(), revocation);
  }

  /** Takes a revocation back. */
  public void remove(Revocation.Target target) {
    latest.remove(target);
  }

  /** Forgets those that are over. */
  public void forgetOver() {
    long nowMs = clock.millis();
    latest.values().removeIf(revocation -> revocation.isOver(nowMs));
  }

  /**
   * Requires room for a revocation.
   *
   * @throws RequestException {@code rate_limited}
   */
  public void requireRoom(Revocation.Target target) {
    if (latest.size() >= MAX && !latest.containsKey(target)) {
      throw new RequestException(
          ErrorCode.RATE_LIMITED,
          "there are " + MAX + " revocations already: take some back, or wait until some are over");
    }
  }

  /** How many there are. */
  public int size() {
    return latest.size();
  }

  /**
   * Those whose target comes after a text, in the order of their targets.
   *
   * @param after a target's text; empty for all
   */
  public List<Revocation> after(String after, int limit) {
    long nowMs = clock.millis();
    return latest.values().stream()
        .filter(revocation -> !revocation.isOver(nowMs))
        .filter(revocation -> revocation.target().toString().compareTo(after) > 0)
        .sorted(Comparator.comparing(revocation -> revocation.target().toString()))
        .limit(limit)
        .toList();
  }

  /** The revocation of a target; null if there is none. */
  public @Nullable Revocation find(Revocation.Target target) {
    Revocation revocation = latest.get(target);
    return revocation == null || revocation.isOver(clock.millis()) ? null : revocation;
  }

  /** The revocation that takes a caller's token back; null if there is none. */
  public @Nullable Revocation of(Identity identity) {
    if (latest.isEmpty() || identity.anonymous()) {
      return null;
    }
    Issue issue = identity.issue();
    Revocation bySubject = of(Revocation.Kind.SUBJECT, identity.subject(), issue);
    return bySubject != null || issue.tokenId().isEmpty()
        ? bySubject
        : of(Revocation.Kind.TOKEN_ID, issue.tokenId(), issue);
  }

  private @Nullable Revocation of(Revocation.Kind kind, String name, Issue issue) {
    Revocation revocation = latest.get(new Revocation.Target(kind, name));
    return revocation != null && revocation.takesBack(issue, clock.millis()) ? revocation : null;
  }

  /**
   * Requires a token that was not taken back.
   *
   * @throws RequestException {@code token_revoked}, or {@code unavailable} until they have been
   *     read
   */
  void require(Identity identity) {
    if (!complete) {
      throw new RequestException(
          ErrorCode.UNAVAILABLE, "the platform is starting and judges no token yet; try again");
    }
    Revocation revocation = of(identity);
    if (revocation != null) {
      // A token that is issued now may be taken back, too: iat has no more than seconds.
      long waitMs = Math.max(0, revocation.beforeMs() - clock.millis());
      throw new RequestException(
          ErrorCode.TOKEN_REVOKED,
          "this token was taken back: sign in again",
          Math.toIntExact(
              Math.min(Integer.MAX_VALUE, Duration.ofMillis(waitMs + 999).toSeconds())));
    }
  }
}
