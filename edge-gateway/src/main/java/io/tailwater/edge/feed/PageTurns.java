package io.tailwater.edge.feed;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Lets a bounded number of pages be read at one time, so that a storm of returning readers cannot
 * starve live traffic; the others take turns. Lock-free, for any thread. No more wait than there
 * are tails, since each reads one page at a time.
 */
final class PageTurns {
  private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger free;

  /**
   * @param maxAtOnce how many pages may be read at one time
   */
  PageTurns(int maxAtOnce) {
    free = new AtomicInteger(maxAtOnce);
  }

  /** Runs this now or when its turn comes; {@link #done} ends the turn. */
  void take(Runnable turn) {
    waiting.add(turn);
    runWaiting();
  }

  void done() {
    free.incrementAndGet();
    runWaiting();
  }

  private void runWaiting() {
    // Whoever adds a turn or frees one looks at the other afterwards, so that none is left behind.
    while (!waiting.isEmpty() && acquire()) {
      Runnable next = waiting.poll();
      if (next == null) {
        free.incrementAndGet();
      } else {
        next.run();
      }
    }
  }

  private boolean acquire() {
    return free.getAndUpdate(now -> Math.max(0, now - 1)) > 0;
  }

  int waiting() {
    return waiting.size();
  }
}
