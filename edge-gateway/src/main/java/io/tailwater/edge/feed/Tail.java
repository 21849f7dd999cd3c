package io.tailwater.edge.feed;

import io.tailwater.contract.Position;
import io.tailwater.contract.v1.Event;
import io.tailwater.edge.log.PartitionView;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.SnapshotPoint;
import io.tailwater.edge.log.TailView;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the loop of its feed: the newest runs of a selection in this gateway, complete from
 * the floor on.
 */
final class Tail {
  private final Selection selection;
  private final EdgeLoop owner;

  // Small at first: most channels are quiet and have a reader or two, and there are many of them.
  private final ArrayDeque<Run> runs = new ArrayDeque<>(1);
  private final Map<PartitionView, Attached> attached = LinkedHashMap.newLinkedHashMap(1);
  private final ArrayDeque<Waiter> waiting = new ArrayDeque<>(1);

  private long floor;
  private int weight;
  private long closedThrough = Run.OPEN;
  private int pinned;
  private long idleSinceNanos;

  /** Whether the log holds anything of this channel, once {@link #checked}. */
  boolean known;

  /**
   * Done when a read has answered whether the channel is known and closed; null before the first
   * subscription.
   */
  @Nullable CompletableFuture<Void> checked;

  /** A page is being read for the first of the waiting subscribers. */
  boolean reading;

  Tail(Selection selection, EdgeLoop owner, long floor, long nowNanos) {
    this.selection = selection;
    this.owner = owner;
    this.floor = floor;
    this.idleSinceNanos = nowNanos;
  }

  /** A subscriber that lies below the floor. */
  record Waiter(TailView.Subscriber subscriber, Position after, PartitionView view) {}

  /** A subscriber that waits for a block of the channel's state. */
  record StateWaiter(TailView.Subscriber subscriber, SnapshotPoint point, PartitionView view) {}

  /** The readers of one loop, and the loop's copy. */
  private static final class Attached {
    private final TailView view;
    private int readers;

    Attached(TailView view) {
      this.view = view;
    }
  }

  Selection selection() {
    return selection;
  }

  long floor() {
    assert owner.inLoop();
    return floor;
  }

  /** The offset through which the channel is closed; {@link Run#OPEN} if it is not known to be. */
  long closedThrough() {
    assert owner.inLoop();
    return closedThrough;
  }

  boolean closed() {
    return closedThrough() != Run.OPEN;
  }

  void closedThrough(long through) {
    assert owner.inLoop();
    closedThrough = through;
  }

  ArrayDeque<Waiter> waiting() {
    assert owner.inLoop();
    return waiting;
  }

  /** The copy of a loop with readers of this tail; null if the loop has none. */
  @Nullable TailView viewOf(PartitionView view) {
    Attached at = attached.get(view);
    return at == null ? null : at.view;
  }

  int readers() {
    assert owner.inLoop();
    return attached.values().stream().mapToInt(at -> at.readers).sum();
  }

  /** Keeps the tail while a subscription is being opened. */
  void pin() {
    assert owner.inLoop();
    pinned++;
  }

  void unpin(long nowNanos) {
    assert owner.inLoop();
    pinned--;
    idleSinceNanos = nowNanos;
  }

  /**
   * Counts a reader of this loop; returns the loop's copy.
   *
   * @param upstream this tail for a new copy
   */
  TailView attach(PartitionView view, TailView.Upstream upstream) {
    assert owner.inLoop();
    Attached at = attached.computeIfAbsent(view, key -> new Attached(copy(key, upstream)));
    at.readers++;
    return at.view;
  }

  private TailView copy(PartitionView view, TailView.Upstream upstream) {
    runs.forEach(Run::retain);
    return view.copy(upstream, floor, closedThrough, new ArrayList<>(runs));
  }

  /** Takes a reader of this loop away; returns the loop's copy if it was the last, else null. */
  @Nullable TailView detach(PartitionView view, long nowNanos) {
    assert owner.inLoop();
    idleSinceNanos = nowNanos;
    Attached at = attached.get(view);
    if (at == null || --at.readers > 0) {
      return null;
    }
    attached.remove(view);
    return at.view;
  }

  boolean idleFor(long nanos, long nowNanos) {
    return pinned == 0 && attached.isEmpty() && nowNanos - idleSinceNanos >= nanos;
  }

  /** Takes the newest run, and its reference. */
  void append(Run run) {
    assert owner.inLoop();
    runs.add(run);
    weight += run.weight();
    closedThrough = run.closedThrough(closedThrough);
  }

  /**
   * Takes out what a redaction takes out; returns the runs that stand in for others, retained for
   * the caller.
   */
  List<Run> redact(Event redaction) {
    assert owner.inLoop();
    List<Run> changed = new ArrayList<>();
    for (int i = runs.size(); i > 0; i--) {
      // Once around, so that the order stays.
      Run run = runs.removeFirst();
      Run without = run.without(redaction);
      runs.addLast(without);
      if (without != run) {
        weight += without.weight() - run.weight();
        changed.add(without.retain());
        run.release();
      }
    }
    return changed;
  }

  /** The bytes of its runs, roughly. */
  int weight() {
    return weight;
  }

  @Nullable Run oldest() {
    return runs.peekFirst();
  }

  /** Evicts the oldest run, and raises the floor to its end; returns the run's weight. */
  int trimOldest() {
    assert owner.inLoop();
    Run run = runs.removeFirst();
    floor = Math.max(floor, run.through());
    int freed = run.weight();
    weight -= freed;
    run.release();
    return freed;
  }

  /** Raises the floor, and evicts the runs below it; returns their weight. */
  int raiseFloor(long newFloor) {
    assert owner.inLoop();
    int freed = 0;
    while (!runs.isEmpty() && runs.getFirst().through() <= newFloor) {
      freed += trimOldest();
    }
    floor = newFloor;
    return freed;
  }

  /** Starts over at this floor; returns the weight of the runs that were evicted. */
  int cut(long newFloor) {
    int freed = release();
    floor = newFloor;
    uncheck();
    return freed;
  }

  /** Forgets whether the channel is closed: its closing event may have been removed. */
  void uncheck() {
    assert owner.inLoop();
    closedThrough = Run.OPEN;
    checked = null;
  }

  /** Evicts every run, and raises the floor to their end; returns their weight. */
  int release() {
    assert owner.inLoop();
    int freed = weight;
    if (!runs.isEmpty()) {
      floor = Math.max(floor, runs.getLast().through());
    }
    runs.forEach(Run::release);
    runs.clear();
    weight = 0;
    return freed;
  }
}
