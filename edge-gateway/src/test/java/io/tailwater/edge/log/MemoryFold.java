package io.tailwater.edge.log;

import com.google.protobuf.ByteString;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.Head;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.Segment;
import io.tailwater.contract.v1.StateKind;
import io.tailwater.contract.v1.StatePage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
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

  /**
   * A page after a position that is retained.
   *
   * @param most how many events may be left out before the page ends early
   */
  ReadPage.Builder page(MemoryWish wish, long from, int limit, int most) {
    ReadPage.Builder page = ReadPage.newBuilder();
    long end = limit == 0 ? from : through;
    int leftOut = 0;
    for (Event event : limit == 0 ? List.<Event>of() : log.in(from, through)) {
      if (!wish.looksAt(event)) {
        continue;
      }
      if (leftOut == most || page.getEventsCount() == limit && wish.wants(event)) {
        end = event.getOffset() - 1;
        break;
      }
      if (wish.wants(event)) {
        page.addEvents(event);
      } else {
        leftOut++;
      }
    }
    String key = wish.key();
    boolean closed = key != null && log.closed(key, through, earliest);
    return page.setEpoch(log.epoch().text())
        .setPartition(log.partition())
        .setFrom(from)
        .setThrough(end)
        .setClosed(closed && (limit == 0 || end == through))
        .setEarliest(earliest - 1)
        .setHead(through)
        .setLeftOutBytes(100L * leftOut)
        .setKnown(key == null || !log.of(key, earliest - 1, through).isEmpty());
  }

  /**
   * A page of a channel's state, of a fold that has come as far as the first page.
   *
   * @param first the position of the first page; null if this is it
   * @param after the entry that the page before ended with; empty if this is the first
   */
  StatePage state(String key, @Nullable Long first, String after, int most) {
    TreeMap<String, Event> entries = new TreeMap<>();
    long position = earliest - 1;
    for (Event event : log.of(key, earliest - 1, through)) {
      position = event.getOffset();
      if (event.getOp() == EntryOp.DELETE) {
        entries.remove(event.getEntry());
      } else {
        entries.put(event.getEntry(), event);
      }
    }
    long stands = first == null ? position : first;
    StatePage.Builder page =
        StatePage.newBuilder()
            .setEpoch(log.epoch().text())
            .setPosition(stands)
            .setEarliest(earliest - 1)
            .setKnown(true)
            .setKind(StateKind.STATE_MAP);
    for (Event event : entries.tailMap(after, false).values()) {
      if (page.getEntriesCount() == most) {
        String last = page.getEntries(most - 1).getEntry();
        return page.setNext(ByteString.copyFromUtf8(log.epoch() + " " + stands + " " + last))
            .build();
      }
      page.addEntriesBuilder().setEntry(event.getEntry()).setVersion(event.getOffset());
    }
    return page.build();
  }

  long beforeLast(MemoryWish wish, int count) {
    List<Event> events = log.in(earliest - 1, through).stream().filter(wish::wants).toList();
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
