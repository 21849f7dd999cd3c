package io.tailwater.javaclient.loop;

import java.util.concurrent.Executor;

/**
 * The one thread that owns the state of a client, with its time and its chance. What other threads
 * want of the state, they enqueue here. Nothing that runs on it may block.
 */
public interface Loop extends Executor {
  /** A task that may still be taken back. On the loop only. */
  interface Timer {
    void cancel();
  }

  /** Milliseconds of a clock that never goes back. */
  long now();

  /** Milliseconds since 1970. */
  long wallClock();

  /** From 0, below 1. */
  double random();

  /** A text that nobody can guess, and that does not come twice. */
  String uniqueKey();

  /** Runs a task after some milliseconds. */
  Timer schedule(long ms, Runnable task);

  /** Enqueues a task. Returns false, and does nothing, after the loop has ended. */
  boolean tryExecute(Runnable task);

  /** Enqueues a task; after the loop has ended, nobody is left for whom it would matter. */
  @Override
  default void execute(Runnable task) {
    tryExecute(task);
  }

  /** Whether the caller is on the loop. */
  boolean isCurrent();

  /** Ends the thread after what is enqueued now. Timers do not run any more. */
  void end();
}
