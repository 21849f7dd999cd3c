package io.tailwater.javaclient.loop;

import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A loop with a real thread and real time. Safe for any thread. */
public final class ThreadLoop implements Loop {
  private static final String THREAD = "tailwater-client-loop";

  private final InstantSource wallClock = InstantSource.system();
  private final ScheduledThreadPoolExecutor executor;
  private volatile @Nullable Thread thread;

  public ThreadLoop() {
    executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread created = new Thread(task, THREAD);
              created.setDaemon(true);
              thread = created;
              return created;
            });
    executor.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    executor.setRemoveOnCancelPolicy(true);
  }

  @Override
  public long now() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }

  @Override
  public long wallClock() {
    return wallClock.millis();
  }

  @Override
  public double random() {
    return ThreadLocalRandom.current().nextDouble();
  }

  @Override
  public String uniqueKey() {
    return UUID.randomUUID().toString();
  }

  @Override
  public Timer schedule(long ms, Runnable task) {
    try {
      Future<?> future = executor.schedule(guarded(task), ms, TimeUnit.MILLISECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException e) {
      return () -> {};
    }
  }

  @Override
  public boolean tryExecute(Runnable task) {
    try {
      executor.execute(guarded(task));
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /** What a task throws is a fault of this client; it goes where uncaught exceptions go. */
  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException | Error e) {
        Thread current = Thread.currentThread();
        current.getUncaughtExceptionHandler().uncaughtException(current, e);
      }
    };
  }

  @Override
  public boolean isCurrent() {
    return Thread.currentThread() == thread;
  }

  @Override
  public void end() {
    executor.shutdown();
  }
}
