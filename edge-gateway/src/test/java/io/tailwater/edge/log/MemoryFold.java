package io.tailwater.edge.log;

import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.Head;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.Segment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one event-core of a {@link MemoryLog} knows of a partition: as far as it has folded, and as
 * much of retention as it has heard.
 */
final class MemoryFold {
  private static final int RING_SEGMENTS = 6;

  private final int instance;
  private PartitionLog log;
  private long through;
  private long earliest;
  private final ArrayDeque<Segment> ring = new ArrayDeque<>();
  private long ringFloor;

  MemoryFold(int instance, PartitionLog log) {
    this.instance = instance;
    this.log = log;
    beginAnew(log);
  }

  int instance() {
    return instance;
  }

  int partition() {
    return log.partition();
  }

  long through() {
    return through;
  }

  long earliest() {
    return earliest;
  }

  boolean is(PartitionLog other) {
    return log == other;
  }

  boolean isOf(String epoch) {
    return log.epoch().text().equals(epoch);
  }

  /** Folds this partition from its beginning to its end, as after its state was wiped. */
  void beginAnew(PartitionLog newLog) {
    log = newLog;
    through = log.next() - 1;
    earliest = log.earliest();
    ring.clear();
    ringFloor = through;
  }

  void learnRetention() {
    if (through + 1 < log.earliest()) {
      beginAnew(log);
    } else {
      earliest = log.earliest();
    }
  }

  /** Folds the next records; their segment, if there were any. */
  @Nullable Segment advance(long records) {
    if (through + 1 < log.earliest()) {
      // The consumer is out of range.
      beginAnew(log);
      return null;
    }
    long end = records < log.next() - 1 - through ? through + records : log.next() - 1;
    if (end == through) {
      return null;
    }
    Segment segment =
        Segment.newBuilder()
            .setNamespace(MemoryLog.NAMESPACE.getName())
            .setEpoch(log.epoch().text())
            .setPartition(log.partition())
            .setFrom(through)
            .setThrough(end)
            .addAllEvents(log.in(through, end))
            .build();
    through = end;
    ring.add(segment);
    if (ring.size() > RING_SEGMENTS) {
      ringFloor = ring.removeFirst().getThrough();
    }
    return segment;
  }

  Head head() {
    return Head.newBuilder()
        .setNamespace(MemoryLog.NAMESPACE.getName())
        .setPartition(log.partition())
        .setEpoch(log.epoch().text())
        .setThrough(through)
        .setEarliest(earliest - 1)
        .build();
  }

  /** A page after a position that is retained. */
  ReadPage.Builder page(String key, long from, int limit) {
    List<Event> after = log.of(key, from, through);
    List<Event> taken = after.subList(0, Math.min(limit, after.size()));
    long end =
        limit == 0 ? from : taken.size() < after.size() ? taken.getLast().getOffset() : through;
    return ReadPage.newBuilder()
        .setEpoch(log.epoch().text())
        .setPartition(log.partition())
        .setFrom(from)
        .setThrough(end)
        .addAllEvents(taken)
        .setClosed(log.closed(key, through, earliest) && (limit == 0 || end == through))
        .setEarliest(earliest - 1)
        .setHead(through)
        .setKnown(!log.of(key, earliest - 1, through).isEmpty());
  }

  long beforeLast(String key, int count) {
    List<Event> events = log.of(key, earliest - 1, through);
    return events.size() < count
        ? earliest - 1
        : count == 0 ? through : events.get(events.size() - count).getOffset() - 1;
  }

  long before(long timeMs) {
    return log.in(earliest - 1, through).stream()
        .filter(event -> event.getTsMs() >= timeMs)
        .findFirst()
        .map(event -> event.getOffset() - 1)
        .orElse(through);
  }

  boolean holds(long after) {
    return after >= ringFloor;
  }

  List<Segment> segmentsAfter(long after) {
    List<Segment> found = new ArrayList<>();
    for (Segment segment : ring) {
      if (segment.getThrough() > after) {
        found.add(segment);
      }
    }
    return found;
  }

  FollowPage outcome(FollowPage.Outcome outcome) {
    return FollowPage.newBuilder()
        .setOutcome(outcome)
        .setEpoch(log.epoch().text())
        .setThrough(through)
        .setEarliest(earliest - 1)
        .build();
  }
}
