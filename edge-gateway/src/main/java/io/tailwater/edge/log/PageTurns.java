package io.tailwater.edge.log;

import java.util.ArrayDeque;
import java.util.Queue;

/**
 * Lets a bounded number of pages be read at once, so that a storm of returning readers cannot
 * starve live traffic; the others take turns. Any thread.
 */
final class PageTurns {
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private int free;

  /**
   * @param atOnce how many pages may be read at once
   */
  PageTurns(int atOnce) {
    free = atOnce;
  }

  /** Runs this, now or when its turn comes; {@link #done} ends the turn. */
  void take(Runnable turn) {
    synchronized (this) {
      if (free == 0) {
        waiting.add(turn);
        return;
      }
      free--;
    }
    turn.run();
  }

  void done() {
    Runnable next;
    synchronized (this) {
      next = waiting.poll();
      if (next == null) {
        free++;
        return;
      }
    }
    next.run();
  }

  synchronized int waiting() {
    return waiting.size();
  }
}
