package io.tailwater.edge.feed;

import io.tailwater.contract.v1.Event;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Confined to the loop of their feed: the tails of one partition, within their bounds. Each has its
 * own, and the gateway has one for all of them.
 */
final class Tails {
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int KEPT_SLACK = 1_024;

  private final EdgeLoop loop;
  private final Budget budget;
  private final LongSupplier nanoTime;
  private final int maxTailBytes;
  private final Map<Selection, Tail> bySelection = new HashMap<>();
  private final TailIndex index = new TailIndex();
  private final ArrayDeque<Kept> kept = new ArrayDeque<>();
  private int compactAt = KEPT_SLACK;

  /**
   * @param maxTailBytes the bound of one tail, though it keeps its newest run whatever its size
   */
  Tails(EdgeLoop loop, Budget budget, LongSupplier nanoTime, int maxTailBytes) {
    this.loop = loop;
    this.budget = budget;
    this.nanoTime = nanoTime;
    this.maxTailBytes = maxTailBytes;
  }

  /** A run in its order of arrival, for the budget of all tails. */
  private record Kept(Tail tail, long through) {
    /** Also true if its tail was released, and holds nothing. */
    boolean gone() {
      Run oldest = tail.oldest();
      return oldest == null || oldest.through() > through;
    }
  }

  Collection<Tail> all() {
    assert loop.inLoop();
    return bySelection.values();
  }

  /** The tails that want events of the channel with this key. */
  List<Tail> of(String channelKey) {
    assert loop.inLoop();
    return index.of(channelKey);
  }

  /** The tail of a selection; a new one starts at this floor. */
  Tail of(Selection selection, long floor) {
    assert loop.inLoop();
    return bySelection.computeIfAbsent(
        selection,
        key -> {
          Tail tail = new Tail(selection, loop, floor, nanoTime.getAsLong());
          index.add(tail);
          return tail;
        });
  }

  /** Takes the newest run of a selection, retained for its tail. */
  void append(Tail tail, Run run) {
    assert loop.inLoop();
    tail.append(run.retain());
    kept.add(new Kept(tail, run.through()));
    budget.add(run.weight());
    while (tail.weight() > maxTailBytes && tail.oldest() != run) {
      budget.add(-tail.trimOldest());
    }
  }

  /** Takes out what a redaction takes out; returns the runs that are new, retained. */
  List<Run> redact(Tail tail, Event redaction) {
    assert loop.inLoop();
    int before = tail.weight();
    List<Run> changed = tail.redact(redaction);
    budget.add(tail.weight() - before);
    return changed;
  }

  /** Evicts the oldest runs while all tails together exceed the budget. */
  void trimToBudget(Consumer<Tail> floorRose) {
    assert loop.inLoop();
    while (!kept.isEmpty() && (kept.getFirst().gone() || budget.exceeded())) {
      Kept oldest = kept.removeFirst();
      if (!oldest.gone()) {
        budget.add(-oldest.tail.trimOldest());
        floorRose.accept(oldest.tail);
      }
    }
    if (kept.size() > compactAt) {
      kept.removeIf(Kept::gone);
      compactAt = 2 * kept.size() + KEPT_SLACK;
    }
  }

  void raiseFloor(Tail tail, long floor) {
    assert loop.inLoop();
    budget.add(-tail.raiseFloor(floor));
  }

  /** Every tail starts over at this floor. */
  void cut(long floor) {
    assert loop.inLoop();
    for (Tail tail : bySelection.values()) {
      budget.add(-tail.cut(floor));
    }
    kept.clear();
  }

  /** Evicts tails that nobody has read for a while; returns whether any is left. */
  boolean sweep() {
    assert loop.inLoop();
    long now = nanoTime.getAsLong();
    bySelection
        .values()
        .removeIf(
            tail -> {
              boolean idle = tail.idleFor(LINGER_NANOS, now);
              if (idle) {
                index.remove(tail);
                budget.add(-tail.release());
              }
              return idle;
            });
    return !bySelection.isEmpty();
  }
}
