package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A live channel's newest runs in this gateway, complete from its floor on. Confined to the loop of
 * its {@link PartitionFeed}.
 */
final class Tail {
  /** The {@link #closedThrough} of a channel that is not known to be closed. */
  static final long OPEN = Long.MAX_VALUE;

  private final Channel channel;
  private final ArrayDeque<Run> runs = new ArrayDeque<>();
  private final Map<PartitionView, Integer> attached = new LinkedHashMap<>();
  private final ArrayDeque<Waiter> waiting = new ArrayDeque<>();
  private long floor;
  private int weight;
  private long closedThrough = OPEN;
  private int pinned;
  private long idleSinceNanos;

  /** Whether the log holds anything of this channel, once {@link #checked}. */
  boolean known;

  /**
   * Done when a read has told whether the channel is known and closed; begun with the first
   * subscription.
   */
  @Nullable CompletableFuture<Void> checked;

  /** A page is being read for the first of the waiting cursors. */
  boolean reading;

  Tail(Channel channel, long floor, long nowNanos) {
    this.channel = channel;
    this.floor = floor;
    this.idleSinceNanos = nowNanos;
  }

  /** A cursor that lies below the floor. */
  record Waiter(Cursor cursor, Position after, PartitionView view) {}

  Channel channel() {
    return channel;
  }

  long floor() {
    return floor;
  }

  long closedThrough() {
    return closedThrough;
  }

  boolean closed() {
    return closedThrough != OPEN;
  }

  void closedThrough(long through) {
    closedThrough = through;
  }

  ArrayDeque<Waiter> waiting() {
    return waiting;
  }

  boolean isAttached(PartitionView view) {
    return attached.containsKey(view);
  }

  int readers() {
    return attached.values().stream().mapToInt(Integer::intValue).sum();
  }

  /** Keeps the tail while a subscription is being opened. */
  void pin() {
    pinned++;
  }

  void unpin(long nowNanos) {
    pinned--;
    idleSinceNanos = nowNanos;
  }

  /** Adds a reader of this loop; the snapshot if it is the loop's first, else null. */
  TailView.@Nullable Snapshot attach(PartitionView view) {
    if (attached.merge(view, 1, Integer::sum) > 1) {
      return null;
    }
    runs.forEach(Run::retain);
    return new TailView.Snapshot(floor, closedThrough, new ArrayList<>(runs));
  }

  /** Takes a reader of this loop away; true if it was the loop's last. */
  boolean detach(PartitionView view, long nowNanos) {
    idleSinceNanos = nowNanos;
    return attached.computeIfPresent(view, (v, readers) -> readers == 1 ? null : readers - 1)
        == null;
  }

  boolean idleFor(long nanos, long nowNanos) {
    return pinned == 0 && attached.isEmpty() && nowNanos - idleSinceNanos >= nanos;
  }

  /** Takes the newest run, and its reference. */
  void append(Run run) {
    runs.add(run);
    weight += run.weight();
    closedThrough = run.closedThrough(closedThrough);
  }

  int weight() {
    return weight;
  }

  @Nullable Run oldest() {
    return runs.peekFirst();
  }

  /** Lets the oldest run go, and raises the floor to its end; what it weighed. */
  int trimOldest() {
    Run run = runs.removeFirst();
    floor = Math.max(floor, run.through());
    int freed = run.weight();
    weight -= freed;
    run.release();
    return freed;
  }

  /** Raises the floor, and lets the runs below it go; what they weighed. */
  int raiseFloor(long newFloor) {
    int freed = 0;
    while (!runs.isEmpty() && runs.getFirst().through() <= newFloor) {
      freed += trimOldest();
    }
    floor = newFloor;
    return freed;
  }

  /** Begins anew at this floor; what the runs weighed. */
  int cut(long newFloor) {
    int freed = release();
    floor = newFloor;
    uncheck();
    return freed;
  }

  /** Forgets whether the channel is closed: its closing event may be gone. */
  void uncheck() {
    closedThrough = OPEN;
    checked = null;
  }

  /** Lets every run go, and raises the floor to their end; what they weighed. */
  int release() {
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
