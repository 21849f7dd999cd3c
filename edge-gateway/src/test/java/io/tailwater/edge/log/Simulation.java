package io.tailwater.edge.log;

import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.Ticker;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A world of several event loops and remote parties in one thread: which of the tasks that could
 * run is run next, and how long everything takes, is drawn from a seed, so that a failure happens
 * again.
 */
final class Simulation {
  private static final int TRACE_LINES = 150;

  private final Random random;
  private final MockTicker ticker = Ticker.newMockTicker();
  private final List<SimulatedLoop> loops = new ArrayList<>();
  private final PriorityQueue<Due> timeline = new PriorityQueue<>();
  private final Deque<Note> trace = new ArrayDeque<>();
  private @Nullable AssertionError failure;
  private long number;

  Simulation(long seed) {
    random = new Random(seed);
  }

  /** What happened; made a text only if it comes to that. */
  private record Note(long millis, Object[] what) {
    @Override
    public String toString() {
      return millis
          + " ms: "
          + Arrays.stream(what).map(String::valueOf).collect(Collectors.joining(" "));
    }
  }

  private record Due(long nanos, long number, Runnable task) implements Comparable<Due> {
    @Override
    public int compareTo(Due other) {
      return nanos == other.nanos
          ? Long.compare(number, other.number)
          : Long.compare(nanos, other.nanos);
    }
  }

  SimulatedLoop newLoop() {
    SimulatedLoop loop = new SimulatedLoop(ticker);
    loops.add(loop);
    return loop;
  }

  long nanoTime() {
    return ticker.nanoTime();
  }

  long millis() {
    return TimeUnit.NANOSECONDS.toMillis(ticker.nanoTime());
  }

  /** 0 to {@code bound} - 1. */
  int below(int bound) {
    return random.nextInt(bound);
  }

  boolean chance(double probability) {
    return random.nextDouble() < probability;
  }

  <T> T oneOf(List<T> choices) {
    return choices.get(below(choices.size()));
  }

  /** Does something within so many milliseconds, outside of all loops. */
  void within(int millis, Runnable task) {
    after(below(millis + 1), task);
  }

  void after(long millis, Runnable task) {
    timeline.add(new Due(nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis), ++number, task));
  }

  /** Notes what happens, for the message of a failure. */
  void note(Object... what) {
    trace.add(new Note(millis(), what));
    if (trace.size() > TRACE_LINES) {
      trace.removeFirst();
    }
  }

  /** Fails the simulation, from anywhere: an exception could get lost in a future. */
  void fail(String what) {
    note("FAILED: " + what);
    if (failure == null) {
      failure =
          new AssertionError(
              what + "\n" + trace.stream().map(Note::toString).collect(Collectors.joining("\n")));
    }
  }

  void require(boolean holds, String what) {
    if (!holds) {
      fail(what);
    }
  }

  /** Lets so much time pass, and runs whatever becomes due. */
  void run(long millis) {
    long end = nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (true) {
      while (step()) {
        check();
      }
      long next = nextNanos();
      if (next > end) {
        ticker.advance(end - nanoTime(), TimeUnit.NANOSECONDS);
        check();
        return;
      }
      ticker.advance(Math.max(0, next - nanoTime()), TimeUnit.NANOSECONDS);
    }
  }

  private void check() {
    if (failure != null) {
      throw failure;
    }
  }

  /** Runs one of the tasks that could run now; false if there is none. */
  private boolean step() {
    List<Runnable> ready = new ArrayList<>();
    for (SimulatedLoop loop : loops) {
      if (loop.ready()) {
        ready.add(loop::runOne);
      }
    }
    if (!timeline.isEmpty() && timeline.element().nanos <= nanoTime()) {
      Due due = timeline.element();
      ready.add(
          () -> {
            timeline.remove(due);
            due.task.run();
          });
    }
    if (ready.isEmpty()) {
      return false;
    }
    oneOf(ready).run();
    return true;
  }

  private long nextNanos() {
    long next = timeline.isEmpty() ? Long.MAX_VALUE : timeline.element().nanos;
    for (SimulatedLoop loop : loops) {
      next = Math.min(next, loop.nextNanos());
    }
    return next;
  }
}
