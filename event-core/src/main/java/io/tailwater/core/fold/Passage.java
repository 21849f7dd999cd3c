package io.tailwater.core.fold;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/**
 * Safe for any thread: the waiters for the fold of one partition to pass an offset. They are
 * entries, never blocked threads; their number is bounded over all partitions, and each has a
 * deadline. Waiters run on the executor, or on the caller's thread if there is nothing to wait for.
 */
public final class Passage {
  /** Waits for one offset; exactly one of the two is called, once. */
  public interface Waiter {
    /** The fold has passed the offset. */
    void passed();

    /** It has not, in time; or too many wait, or the partition is rebuilt. */
    void late();

    /** One of the two was called, and of the waiters who were called with this one, too. */
    default void afterwards() {}
  }

  /**
   * Waiters of one task of the executor. To wake a thread costs more than to run a waiter, and many
   * records of one poll have waiters.
   */
  private static final int PER_TASK = 64;

  private record Entry(long offset, long deadline, Waiter waiter) {}

  private final Executor executor;
  private final AtomicInteger waiting;
  private final int max;

  @GuardedBy("this")
  private final PriorityQueue<Entry> entries =
      new PriorityQueue<>(Comparator.comparingLong(Entry::offset));

  @GuardedBy("this")
  private long through;

  /**
   * A passage without waiters.
   *
   * @param waiting counts the waiters of all partitions together
   * @param max the bound of that count
   * @param through the offset through which the partition is folded
   */
  public Passage(Executor executor, AtomicInteger waiting, int max, long through) {
    this.executor = executor;
    this.waiting = waiting;
    this.max = max;
    this.through = through;
  }

  /**
   * Waits until the fold has passed an offset.
   *
   * @param deadline nanoseconds, of the clock that {@link #expire} is given
   */
  public void await(long offset, long deadline, Waiter waiter) {
    boolean there;
    synchronized (this) {
      there = offset <= through;
      if (!there && waiting.get() < max) {
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
    waiter.afterwards();
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
    execute(done, Waiter::passed);
  }

  private void execute(List<Entry> entries, Consumer<Waiter> how) {
    for (int from = 0; from < entries.size(); from += PER_TASK) {
      List<Entry> some = entries.subList(from, Math.min(from + PER_TASK, entries.size()));
      executor.execute(() -> call(some, how));
    }
  }

  private static void call(List<Entry> entries, Consumer<Waiter> how) {
    entries.forEach(entry -> how.accept(entry.waiter()));
    entries.forEach(entry -> entry.waiter().afterwards());
  }

  /** Ends the waiters whose deadline has passed. */
  public void expire(long now) {
    release(now, false);
  }

  /** Ends all waiters: the service is stopping. */
  public void release() {
    release(0, true);
  }

  /** The partition was rebuilt: offsets of earlier waiters mean nothing any more. */
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
    execute(late, Waiter::late);
  }
}
