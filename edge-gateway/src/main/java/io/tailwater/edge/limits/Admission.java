package io.tailwater.edge.limits;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Limits of subjects and addresses, checked before anything is done for them. Any thread. */
public final class Admission {
  private static final String GATEWAY = "";

  private final EdgeLimits limits;
  private final MeterRegistry meters;
  private final ConcurrentMap<String, Integer> bySubject = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Integer> byAddress = new ConcurrentHashMap<>();
  private final Rate publishesBySubject;
  private final Rate publishesByAddress;
  private final Rate replayBySubject;
  private final Rate replay;

  public Admission(EdgeLimits limits, LongSupplier nanoTime, MeterRegistry meters) {
    this.limits = limits;
    this.meters = meters;
    int keys = limits.tracked();
    publishesBySubject = new Rate(limits.publishesPerSecondPerSubject(), keys, nanoTime);
    publishesByAddress = new Rate(limits.publishesPerSecondPerAddress(), keys, nanoTime);
    replayBySubject = new Rate(limits.replayBytesPerSecondPerSubject(), keys, nanoTime);
    replay = new Rate(limits.replayBytesPerSecond(), keys, nanoTime);
    Gauge.builder("tailwater.edge.limits.tracked", this, Admission::tracked)
        .description("subjects and addresses that are kept for their limits")
        .register(meters);
  }

  /** A connection that was counted in. Any thread. */
  public static final class Seat {
    private final Admission admission;

    /** Who is counted; null once the connection was counted out. */
    private final AtomicReference<@Nullable Identity> identity;

    private Seat(Admission admission, Identity identity) {
      this.admission = admission;
      this.identity = new AtomicReference<>(identity);
    }

    /**
     * Counts the connection for another subject, from the same address.
     *
     * @throws RequestException {@code too_many_connections}
     */
    public void change(Identity other) {
      Identity before = identity.get();
      if (before == null || isSameSubject(before, other)) {
        return;
      }
      admission.enterSubject(other);
      while (before != null && !identity.compareAndSet(before, other)) {
        before = identity.get();
      }
      // What is not counted any more: the subject before, or this one if the connection has gone.
      admission.exitSubject(before == null ? other : before);
    }

    private static boolean isSameSubject(Identity one, Identity other) {
      return one.anonymous() == other.anonymous() && one.subject().equals(other.subject());
    }

    /** Counts the connection out, once. */
    public void leave() {
      Identity before = identity.getAndSet(null);
      if (before != null) {
        admission.leave(before);
      }
    }
  }

  /**
   * Counts a connection in.
   *
   * @throws RequestException {@code too_many_connections}
   */
  public Seat connect(Identity identity) {
    enterSubject(identity);
    if (!enter(byAddress, identity.address(), limits.connectionsPerAddress())) {
      exitSubject(identity);
      throw refused(
          "connections-per-address",
          ErrorCode.TOO_MANY_CONNECTIONS,
          "an address has at most " + limits.connectionsPerAddress() + " connections here");
    }
    return new Seat(this, identity);
  }

  private void leave(Identity identity) {
    exitSubject(identity);
    exit(byAddress, identity.address(), limits.connectionsPerAddress());
  }

  private void enterSubject(Identity identity) {
    if (!identity.anonymous()
        && !enter(bySubject, identity.subject(), limits.connectionsPerSubject())) {
      throw refused(
          "connections-per-subject",
          ErrorCode.TOO_MANY_CONNECTIONS,
          "a subject has at most " + limits.connectionsPerSubject() + " connections here");
    }
  }

  private void exitSubject(Identity identity) {
    if (!identity.anonymous()) {
      exit(bySubject, identity.subject(), limits.connectionsPerSubject());
    }
  }

  /**
   * Lets a publication pass.
   *
   * @throws RequestException {@code rate_limited}
   */
  public void publish(Identity identity) {
    if (!publishesByAddress.take(identity.address())) {
      throw refused(
          "publishes-per-second-per-address",
          ErrorCode.RATE_LIMITED,
          "an address publishes at most "
              + limits.publishesPerSecondPerAddress()
              + " events a second here");
    }
    if (!identity.anonymous() && !publishesBySubject.take(identity.subject())) {
      throw refused(
          "publishes-per-second-per-subject",
          ErrorCode.RATE_LIMITED,
          "a subject publishes at most "
              + limits.publishesPerSecondPerSubject()
              + " events a second here");
    }
  }

  /** How long this client's replays are to pause, milliseconds; 0 if they may go on. */
  public long replayWaitMs(Identity identity) {
    return identity.anonymous() ? 0 : replayBySubject.waitMs(identity.subject());
  }

  /** Whether {@link #replayed(Identity, long)} has any effect. */
  public boolean countsReplays() {
    return replayBySubject.limited();
  }

  /** Counts bytes of history that were sent to this client. */
  public void replayed(Identity identity, long bytes) {
    if (!identity.anonymous()) {
      replayBySubject.spend(identity.subject(), bytes);
    }
  }

  /** How long all replays of this gateway are to pause, milliseconds; 0 if they may go on. */
  public long replayWaitMs() {
    return replay.waitMs(GATEWAY);
  }

  /** Counts bytes of history that were read from the log. */
  public void replayed(long bytes) {
    replay.spend(GATEWAY, bytes);
  }

  private RequestException refused(String limit, ErrorCode code, String message) {
    meters.counter("tailwater.edge.limits.refused", "limit", limit).increment();
    return new RequestException(code, message + "; try again later");
  }

  private int tracked() {
    return bySubject.size()
        + byAddress.size()
        + Stream.of(publishesBySubject, publishesByAddress, replayBySubject)
            .mapToInt(Rate::keys)
            .sum();
  }

  private static boolean enter(ConcurrentMap<String, Integer> counts, String key, int max) {
    if (max > 0 && counts.merge(key, 1, Integer::sum) > max) {
      exit(counts, key, max);
      return false;
    }
    return true;
  }

  private static void exit(ConcurrentMap<String, Integer> counts, String key, int max) {
    if (max > 0) {
      counts.computeIfPresent(key, (same, count) -> count == 1 ? null : count - 1);
    }
  }
}
