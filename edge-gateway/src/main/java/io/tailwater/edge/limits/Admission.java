package io.tailwater.edge.limits;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/** Limits of subjects and addresses, asked before anything is done for them. Any thread. */
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
        .description("subjects and addresses that are remembered for their limits")
        .register(meters);
  }

  /** A connection that was counted in. */
  public static final class Seat {
    private final Admission admission;
    private Identity identity;
    private boolean left;

    private Seat(Admission admission, Identity identity) {
      this.admission = admission;
      this.identity = identity;
    }

    /**
     * It is another subject's now, from the same address.
     *
     * @throws RequestException {@code too_many_connections}
     */
    public synchronized void change(Identity other) {
      boolean same =
          identity.anonymous() == other.anonymous() && identity.subject().equals(other.subject());
      if (!left && !same) {
        admission.enterSubject(other);
        admission.exitSubject(identity);
        identity = other;
      }
    }

    /** Counts it out, once. */
    public synchronized void leave() {
      if (!left) {
        left = true;
        admission.leave(identity);
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

  /** How long this client's replays are to pause, milliseconds. */
  public long replayWaitMs(Identity identity) {
    return identity.anonymous() ? 0 : replayBySubject.waitMs(identity.subject());
  }

  /** Whether {@link #replayed(Identity, long)} wants to be told. */
  public boolean countsReplays() {
    return replayBySubject.limited();
  }

  /** This client was given so many bytes of history. */
  public void replayed(Identity identity, long bytes) {
    if (!identity.anonymous()) {
      replayBySubject.spend(identity.subject(), bytes);
    }
  }

  /** How long all replays of this gateway are to pause, milliseconds. */
  public long replayWaitMs() {
    return replay.waitMs(GATEWAY);
  }

  /** So many bytes of history were read. */
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

  private static boolean enter(ConcurrentMap<String, Integer> counts, String key, int most) {
    if (most > 0 && counts.merge(key, 1, Integer::sum) > most) {
      exit(counts, key, most);
      return false;
    }
    return true;
  }

  private static void exit(ConcurrentMap<String, Integer> counts, String key, int most) {
    if (most > 0) {
      counts.computeIfPresent(key, (same, count) -> count == 1 ? null : count - 1);
    }
  }
}
