package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop knows of a channel's {@link Tail}, and the loop's cursors over it. Confined
 * to that loop.
 */
final class TailView {
  private final PartitionView partition;
  private final Tail tail;
  private final ArrayDeque<Run> runs = new ArrayDeque<>();
  private Cursor[] cursors = new Cursor[1];
  private int size;
  private long floor;
  private long closedThrough;

  TailView(PartitionView partition, Tail tail, Snapshot snapshot) {
    this.partition = partition;
    this.tail = tail;
    this.floor = snapshot.floor;
    this.closedThrough = snapshot.closedThrough;
    runs.addAll(snapshot.runs);
  }

  /** A tail as it is handed to a loop; its runs are retained for the view. */
  record Snapshot(long floor, long closedThrough, List<Run> runs) {}

  Channel channel() {
    return tail.channel();
  }

  EdgeLoop loop() {
    return partition.loop();
  }

  Tail tail() {
    return tail;
  }

  Epoch epoch() {
    return partition.epoch();
  }

  long through() {
    return partition.through();
  }

  long floor() {
    return floor;
  }

  int size() {
    return size;
  }

  /** Whether the channel's last event is at or before {@link #through}. */
  boolean closedBefore() {
    return closedThrough <= through();
  }

  /** Whether a cursor that was given everything through this offset has all there is. */
  boolean isCurrent(long offset) {
    return offset >= floor && (runs.isEmpty() || runs.getLast().through() <= offset);
  }

  /** The first run that ends beyond this offset; null if there is none. */
  @Nullable Run runAfter(long offset) {
    if (runs.isEmpty() || runs.getLast().through() <= offset) {
      return null;
    }
    // Nearly always the newest one: look from there.
    Run found = null;
    for (var newest = runs.descendingIterator(); newest.hasNext(); ) {
      Run run = newest.next();
      if (run.through() <= offset) {
        break;
      }
      found = run;
    }
    return found;
  }

  /** The newest run; null if none is held. */
  @Nullable Run newest() {
    return runs.peekLast();
  }

  void awaitPage(Cursor cursor, Position after) {
    partition.feed().awaitPage(tail, cursor, after, partition.loop());
  }

  /** Tells the cursor once when the partition moves on, whether its channel does or not. */
  void expect(Cursor cursor) {
    partition.expect(cursor);
  }

  void join(Cursor cursor) {
    if (size == cursors.length) {
      cursors = Arrays.copyOf(cursors, Math.max(4, size + (size >> 1)));
    }
    cursor.index = size;
    cursors[size++] = cursor;
    cursor.joined(this);
  }

  /** Takes a cursor out, and tells the tail's owner. */
  void leave(Cursor cursor) {
    int hole = cursor.index;
    Cursor last = cursors[--size];
    cursors[hole] = last;
    last.index = hole;
    Arrays.fill(cursors, size, size + 1, null);
    cursor.index = -1;
    cursor.left();
    partition.feed().detach(tail, partition);
  }

  /** Takes a run that follows what is here; retained for this view. */
  void append(Run run) {
    runs.add(run);
    closedThrough = run.closedThrough(closedThrough);
  }

  void trim(long newFloor) {
    floor = Math.max(floor, newFloor);
    while (!runs.isEmpty() && runs.getFirst().through() <= floor) {
      runs.removeFirst().release();
    }
  }

  /** Forgets every run: the tail begins anew at this floor, perhaps in another epoch. */
  void cut(long newFloor, long newClosedThrough) {
    releaseRuns(runs);
    floor = newFloor;
    closedThrough = newClosedThrough;
  }

  void closedThrough(long through) {
    closedThrough = through;
  }

  void release() {
    releaseRuns(runs);
  }

  /**
   * Writes down where cursors stand that have everything, before something comes that they may not
   * have: their partition may have moved on since their last event, and retention with it.
   */
  void settle() {
    for (int i = 0; i < size; i++) {
      cursors[i].settle();
    }
  }

  /**
   * Lets every cursor go on. Backwards, since a cursor that ends leaves its place to the last one.
   */
  void pump() {
    for (int i = size - 1; i >= 0; i--) {
      if (i < size) {
        cursors[i].pump();
      }
    }
  }

  private static void releaseRuns(Deque<Run> runs) {
    runs.forEach(Run::release);
    runs.clear();
  }
}
