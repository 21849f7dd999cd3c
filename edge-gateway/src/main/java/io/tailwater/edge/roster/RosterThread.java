package io.tailwater.edge.roster;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread {@value #NAME}, which owns this gateway's part in presence. Each connection that
 * begins or ends, and each answer of Redis, is one task, so that there are never more tasks than
 * these. Any thread.
 */
final class RosterThread implements Executor, AutoCloseable {
  /** Name of the thread. */
  static final String NAME = "edge-presence";

  private static final Logger LOG = LoggerFactory.getLogger(RosterThread.class);
  private static final long CLOSE_LIMIT_MS = 1_000;

  private final RosterMetrics metrics;
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().daemon().name(NAME).factory());

  RosterThread(RosterMetrics metrics) {
    this.metrics = metrics;
  }

  /** What to do with an answer of Redis: it, or why there is none. */
  interface Outcome<T> {
    void with(@Nullable T answer, @Nullable Throwable failure);
  }

  /** Runs a task, later; never once it is closed. */
  @Override
  public void execute(Runnable task) {
    metrics.tasks(1);
    try {
      thread.execute(
          () -> {
            metrics.tasks(-1);
            guarded(task);
          });
    } catch (RejectedExecutionException e) {
      metrics.tasks(-1);
    }
  }

  void executeAfter(long ms, Runnable task) {
    if (!thread.isShutdown()) {
      thread.schedule(() -> guarded(task), ms, TimeUnit.MILLISECONDS);
    }
  }

  void repeat(long ms, Runnable task) {
    thread.scheduleWithFixedDelay(() -> guarded(task), 0, ms, TimeUnit.MILLISECONDS);
  }

  /** Goes on with an answer, on the thread. */
  <T> void on(CompletableFuture<T> coming, Outcome<T> outcome) {
    coming.whenComplete(
        (answer, failure) -> execute(() -> outcome.with(failure == null ? answer : null, failure)));
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.error("presence was not kept", e);
    }
  }

  /** Whether the caller runs on it. */
  static boolean isCurrent() {
    return Thread.currentThread().getName().equals(NAME);
  }

  /** Ends it after the tasks that it has. Waits for a second at most. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(CLOSE_LIMIT_MS, TimeUnit.MILLISECONDS)) {
        thread.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
