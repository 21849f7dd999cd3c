package io.tailwater.launcher.balancer;

import java.net.InetAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts the open connections, in total and by address, and those that were refused or ended. Any
 * thread.
 */
final class Seats {
  private final Bounds bounds;
  private final AtomicInteger open = new AtomicInteger();

  /** Only of addresses that have open connections, so no larger than their number. */
  private final Map<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

  private final LongAdder accepted = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder late = new LongAdder();
  private final LongAdder idle = new LongAdder();

  Seats(Bounds bounds) {
    this.bounds = bounds;
  }

  /** Whether a connection from this address may stay. If so it must be {@link #release}d. */
  boolean take(InetAddress address) {
    if (open.incrementAndGet() > bounds.connections()) {
      open.decrementAndGet();
      refused.increment();
      return false;
    }
    if (byAddress.merge(address, 1, Integer::sum) > bounds.perAddress()) {
      release(address);
      refused.increment();
      return false;
    }
    accepted.increment();
    return true;
  }

  void release(InetAddress address) {
    leave(address);
    open.decrementAndGet();
  }

  private void leave(InetAddress address) {
    byAddress.computeIfPresent(address, (_, count) -> count == 1 ? null : count - 1);
  }

  void countLate() {
    late.increment();
  }

  void countIdle() {
    idle.increment();
  }

  Counts counts() {
    return new Counts(open.get(), accepted.sum(), refused.sum(), late.sum(), idle.sum());
  }
}
