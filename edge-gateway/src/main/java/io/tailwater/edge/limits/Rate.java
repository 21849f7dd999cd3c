package io.tailwater.edge.limits;

import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

/**
 * At most so much a second for each key, of which a second's worth may come at once. For each key
 * that was used lately it remembers until when what was used is paid off. Any thread.
 */
final class Rate {
  private static final long BURST_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final long perSecond;
  private final int mostKeys;
  private final LongSupplier nanoTime;
  private final ConcurrentMap<String, Long> paidOff = new ConcurrentHashMap<>();
  private final AtomicBoolean sweeping = new AtomicBoolean();

  /**
   * @param perSecond 0 for no limit
   * @param mostKeys how many keys are remembered; of more, some begin anew
   */
  Rate(long perSecond, int mostKeys, LongSupplier nanoTime) {
    this.perSecond = perSecond;
    this.mostKeys = mostKeys;
    this.nanoTime = nanoTime;
  }

  boolean limited() {
    return perSecond > 0;
  }

  /** Uses one, if that is within the rate. */
  boolean take(String key) {
    if (!limited()) {
      return true;
    }
    long now = nanoTime.getAsLong();
    boolean[] taken = new boolean[1];
    paidOff.compute(
        key,
        (same, until) -> {
          long from = until == null || until - now < 0 ? now : until;
          taken[0] = from - now + nanos(1) <= BURST_NANOS;
          return taken[0] ? from + nanos(1) : from;
        });
    bound(now);
    return taken[0];
  }

  /** Uses so much, within the rate or not: then {@link #waitMs} says how long to pause. */
  void spend(String key, long amount) {
    if (limited() && amount > 0) {
      long now = nanoTime.getAsLong();
      paidOff.compute(
          key, (same, until) -> (until == null || until - now < 0 ? now : until) + nanos(amount));
      bound(now);
    }
  }

  /** How long to use nothing, milliseconds; 0 within the rate. */
  long waitMs(String key) {
    Long until = limited() ? paidOff.get(key) : null;
    if (until == null) {
      return 0;
    }
    long waitNanos = until - nanoTime.getAsLong() - BURST_NANOS;
    return waitNanos <= 0 ? 0 : 1 + TimeUnit.NANOSECONDS.toMillis(waitNanos);
  }

  int keys() {
    return paidOff.size();
  }

  private long nanos(long amount) {
    return (long) (amount * (double) BURST_NANOS / perSecond);
  }

  private void bound(long now) {
    if (paidOff.size() > mostKeys && sweeping.compareAndSet(false, true)) {
      try {
        paidOff.values().removeIf(until -> until - now <= 0);
        // Room for as many again, or each new key would sweep.
        int surplus = paidOff.size() - mostKeys + mostKeys / 10;
        Iterator<Map.Entry<String, Long>> any = paidOff.entrySet().iterator();
        for (int i = 0; i < surplus && any.hasNext(); i++) {
          any.next();
          any.remove();
        }
      } finally {
        sweeping.set(false);
      }
    }
  }
}
