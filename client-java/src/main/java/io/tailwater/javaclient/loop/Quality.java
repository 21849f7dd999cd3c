package io.tailwater.javaclient.loop;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * Judges a transport by its connects and round trips. Confined to a client's loop. All times are
 * milliseconds of the same clock, which is a parameter.
 */
public final class Quality {
  private static final int MAX_FAILURES = 3;
  private static final long FAILURES_MS = 60_000;
  private static final int PINGS = 20;
  private static final double MAX_LOST = 0.05;
  private static final long SLOW_MS = 1_000;
  private static final int ENOUGH_PINGS = 3;
  private static final long GOOD_MS = 100;
  private static final long GOOD_FOR_MS = 60_000;
  private static final long CLIMB_EVERY_MS = 300_000;
  private static final long LOST = -1;

  private record Ping(long at, long ms) {
    private boolean isGood() {
      return ms != LOST && ms < GOOD_MS;
    }
  }

  // The newest ones only: more failures than MAX_FAILURES, or pings than PINGS, tell nothing more.
  private final Deque<Long> failures = new ArrayDeque<>();
  private final Deque<Ping> pings = new ArrayDeque<>();
  private long changedAt;

  public Quality(long now) {
    changedAt = now - CLIMB_EVERY_MS;
  }

  /** A connection could not be opened. */
  public void failed(long now) {
    failures.addLast(now);
    if (failures.size() > MAX_FAILURES) {
      failures.removeFirst();
    }
  }

  /** A ping was answered after some milliseconds. */
  public void pinged(long now, long ms) {
    pings.addLast(new Ping(now, ms));
    if (pings.size() > PINGS) {
      pings.removeFirst();
    }
  }

  /** A ping was not answered in time. */
  public void lost(long now) {
    pinged(now, LOST);
  }

  /** Another transport is used from now on. */
  public void changed(long now) {
    changedAt = now;
    pings.clear();
    forgive();
  }

  /** What failed was not the transport's fault. */
  public void forgive() {
    failures.clear();
  }

  /** Why to step down, if there is a reason. */
  public Optional<String> bad(long now) {
    long recent = failures.stream().filter(at -> at > now - FAILURES_MS).count();
    if (recent >= MAX_FAILURES) {
      return Optional.of(recent + " connects failed");
    }
    List<Long> answered = new ArrayList<>();
    pings.stream().map(Ping::ms).filter(ms -> ms != LOST).forEach(answered::add);
    int lost = pings.size() - answered.size();
    if (lost > MAX_LOST * PINGS) {
      return Optional.of(lost + " of " + pings.size() + " pings lost");
    }
    Collections.sort(answered);
    if (answered.size() >= ENOUGH_PINGS && answered.get(answered.size() / 2) > SLOW_MS) {
      return Optional.of("round trip " + answered.get(answered.size() / 2) + " ms");
    }
    return Optional.empty();
  }

  /** Whether to step up. */
  public boolean good(long now) {
    if (now - changedAt < CLIMB_EVERY_MS) {
      return false;
    }
    long goodSince = Long.MAX_VALUE;
    for (Ping ping : (Iterable<Ping>) pings::descendingIterator) {
      if (!ping.isGood()) {
        break;
      }
      goodSince = ping.at();
    }
    return goodSince != Long.MAX_VALUE && now - goodSince >= GOOD_FOR_MS;
  }
}
