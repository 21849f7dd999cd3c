package io.tailwater.core;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Those who wait for the fold of one partition to pass an offset: entries, never blocked threads,
 * bounded in number over all partitions and in time each. Safe for any thread; waiters run on the
 * executor, or on the caller's thread if there is nothing to wait for.
 */
final class Passage {
  /** Waits for one offset; exactly one of the two is called, once. */
  interface Waiter {
    /** The fold has passed the offset. */
    void passed();

    /** It has not, in time; or too many wait, or the partition is folded from its beginning. */
    void late();
  }

  private record Entry(long offset, long deadline, Waiter waiter) {}

  private final Executor executor;
  private final AtomicInteger waiting;
  private final int most;
  private final PriorityQueue<Entry> entries =
      new PriorityQueue<>(Comparator.comparingLong(Entry::offset));
  private long through;

  /**
   * @param waiting how many wait at all partitions together
   * @param most the bound of that
   */
  Passage(Executor executor, AtomicInteger waiting, int most, long through) {
    this.executor = executor;
    this.waiting = waiting;
    this.most = most;
    this.through = through;
  }

  /**
   * Waits until the fold has passed an offset.
   *
   * @param deadline nanoseconds, of the clock that {@link #expire} is given
   */
  void await(long offset, long deadline, Waiter waiter) {
    boolean there;
    synchronized (this) {
      there = offset <= through;
      if (!there && waiting.get() < most) {
        waiting.incrementAndGet();
        entries.add(new Entry(offset, deadline, waiter));
        return;
      }
    }
    if (there) {
      waiter.passed();
    } else {
      waiter.late();
    }
  }

  /** The fold has passed everything through this offset. */
  void advance(long newThrough) {
    List<Entry> done = List.of();
    synchronized (this) {
      through = newThrough;
      while (!entries.isEmpty() && entries.peek().offset() <= newThrough) {
        if (done.isEmpty()) {
          done = new ArrayList<>();
        }
        done.add(entries.remove());
      }
      waiting.addAndGet(-done.size());
    }
    for (Entry entry : done) {
      executor.execute(entry.waiter()::passed);
    }
  }

  /** Lets go of those whose time is over. */
  void expire(long now) {
    release(now, false);
  }

  /** Lets everybody go: the service is stopping. */
  void release() {
    release(0, true);
  }

  /** The partition begins anew: nobody's offset means what it meant. */
  void restart(long newThrough) {
    synchronized (this) {
      through = newThrough;
    }
    release(0, true);
  }

  private void release(long now, boolean all) {
    List<Entry> late = new ArrayList<>();
    synchronized (this) {
      if (entries.isEmpty()) {
        return;
      }
      entries.removeIf(
          entry -> {
            boolean over = all || entry.deadline() - now <= 0;
            if (over) {
              late.add(entry);
            }
            return over;
          });
      waiting.addAndGet(-late.size());
    }
    for (Entry entry : late) {
      executor.execute(entry.waiter()::late);
    }
  }
}
