package io.tailwater.javaclient;

import io.tailwater.javaclient.loop.Loop;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.Random;

/** A loop whose time and whose turns a test gives. Confined to the test's thread. */
final class ManualLoop implements Loop {
  private record Due(long at, long order, Runnable task) {}

  private final Random random;
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private final PriorityQueue<Due> timers =
      new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::order));
  private long now = 1_000_000;
  private long scheduled;

  ManualLoop() {
    this(1);
  }

  ManualLoop(long seed) {
    random = new Random(seed);
  }

  /** Runs what is enqueued, and what that enqueues. */
  void run() {
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      task.run();
    }
  }

  /** Lets time pass. */
  void pass(long ms) {
    long until = now + ms;
    run();
    for (Due next = timers.peek(); next != null && next.at() <= until; next = timers.peek()) {
      timers.remove();
      now = Math.max(now, next.at());
      next.task().run();
      run();
    }
    now = until;
  }

  @Override
  public long now() {
    return now;
  }

  @Override
  public long wallClock() {
    return now;
  }

  @Override
  public double random() {
    return random.nextDouble();
  }

  @Override
  public String uniqueKey() {
    return "key-" + random.nextLong();
  }

  @Override
  public Timer schedule(long ms, Runnable task) {
    Due due = new Due(now + ms, scheduled++, task);
    timers.add(due);
    return () -> timers.remove(due);
  }

  @Override
  public boolean tryExecute(Runnable task) {
    return tasks.add(task);
  }

  @Override
  public boolean isCurrent() {
    return true;
  }

  @Override
  public void end() {
    tasks.clear();
    timers.clear();
  }
}
