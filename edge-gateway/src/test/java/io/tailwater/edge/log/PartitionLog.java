package io.tailwater.edge.log;

import com.google.protobuf.ByteString;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.Event;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One partition of one incarnation of a topic, with everything that it ever held: what readers are
 * judged by. Confined to its simulation.
 */
final class PartitionLog {
  /** Every event is about one of so many entries, and one of so many deletes its entry. */
  private static final int ENTRIES = 6;

  private static final int DELETES = 5;

  private final Epoch epoch;
  private final int partition;
  private final List<Event> events = new ArrayList<>();
  private long next;
  private long earliest;

  PartitionLog(Epoch epoch, int partition) {
    this.epoch = epoch;
    this.partition = partition;
  }

  Epoch epoch() {
    return epoch;
  }

  int partition() {
    return partition;
  }

  /** The offset after the newest record. */
  long next() {
    return next;
  }

  /** The earliest offset that is retained. */
  long earliest() {
    return earliest;
  }

  /**
   * Adds a record; nothing if its channel was closed, though the offset is used up. (A channel
   * whose closing event is gone is open again: but not here, since then who lags behind retention
   * may say that it ended after it went on.)
   */
  @Nullable Event append(String key, boolean closes, long tsMs, int bytes) {
    return append(key, "message", closes, tsMs, bytes);
  }

  /** Adds a record of a type. */
  @Nullable Event append(String key, String type, boolean closes, long tsMs, int bytes) {
    long offset = next++;
    if (closed(key, offset, 0)) {
      return null;
    }
    Event event =
        Event.newBuilder()
            .setChannelKey(key)
            .setOffset(offset)
            .setType(type)
            .setTsMs(tsMs)
            .setKind(DataKind.BYTES)
            .setData(ByteString.copyFrom(new byte[bytes]))
            .setCloses(closes)
            .setEntry("entry-" + offset % ENTRIES)
            .setOp(offset % DELETES == 0 ? EntryOp.DELETE : EntryOp.PUT)
            .build();
    events.add(event);
    return event;
  }

  /** Uses up offsets, as control records of transactions do. */
  void skip(int offsets) {
    next += offsets;
  }

  /** Retention removes what is below this offset. */
  void retain(long newEarliest) {
    earliest = Math.max(earliest, Math.min(newEarliest, next));
  }

  /** Whether the newest event that is retained of this channel closed it. */
  boolean closed(String key) {
    return closed(key, next - 1, earliest);
  }

  /** The same, for who has got so far and knows of so much retention. */
  boolean closed(String key, long through, long since) {
    Event newest = null;
    for (Event event : events) {
      if (event.getOffset() <= through && event.getChannelKey().equals(key)) {
        newest = event;
      }
    }
    return newest != null && newest.getCloses() && newest.getOffset() >= since;
  }

  /** The events of a channel in (after, through], whether they are retained or not. */
  List<Event> of(String key, long after, long through) {
    return in(after, through).stream().filter(event -> event.getChannelKey().equals(key)).toList();
  }

  /** All events in (after, through]. */
  List<Event> in(long after, long through) {
    return events.stream()
        .filter(event -> event.getOffset() > after && event.getOffset() <= through)
        .toList();
  }

  @Override
  public String toString() {
    return epoch + "/" + partition;
  }
}
