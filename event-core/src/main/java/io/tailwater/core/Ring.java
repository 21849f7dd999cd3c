package io.tailwater.core;

import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Segment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The newest segments of one partition, contiguous, for those who follow it. Filled by the fold
 * thread, read by any. Its bound is the {@link Budget} that all rings share.
 */
final class Ring {
  /** What an event costs in memory beyond its message, roughly. */
  private static final int EVENT_OVERHEAD_BYTES = 200;

  private final Budget budget;
  private final ArrayDeque<Segment> segments = new ArrayDeque<>();
  private long floor;

  Ring(Budget budget, long through) {
    this.budget = budget;
    this.floor = through;
  }

  /** Adds the next segment; it begins where the last one ended. */
  void add(Segment segment) {
    synchronized (this) {
      segments.addLast(segment);
    }
    budget.added(this, cost(segment));
  }

  /** Forgets everything; what follows begins after {@code through}. */
  void restart(long through) {
    long freed = 0;
    int dropped;
    synchronized (this) {
      for (Segment segment : segments) {
        freed += cost(segment);
      }
      dropped = segments.size();
      segments.clear();
      floor = through;
    }
    budget.removed(this, dropped, freed);
  }

  /** Whether everything after this position is held. */
  synchronized boolean holds(long after) {
    return after >= floor;
  }

  /**
   * The segments after a position that is held, contiguous from it on.
   *
   * @param mostBytes a bound, though one segment is always given if there is one
   */
  synchronized List<Segment> after(long after, int mostBytes) {
    List<Segment> found = new ArrayList<>();
    long bytes = 0;
    for (Segment segment : newerThan(after)) {
      Segment part = segment.getFrom() < after ? cut(segment, after) : segment;
      bytes += part.getSerializedSize();
      if (bytes > mostBytes && !found.isEmpty()) {
        break;
      }
      found.add(part);
    }
    return found;
  }

  /** Walks from the newest, since followers are near the end. */
  private Deque<Segment> newerThan(long after) {
    ArrayDeque<Segment> newer = new ArrayDeque<>();
    var fromNewest = segments.descendingIterator();
    while (fromNewest.hasNext()) {
      Segment segment = fromNewest.next();
      if (segment.getThrough() <= after) {
        break;
      }
      newer.addFirst(segment);
    }
    return newer;
  }

  private static Segment cut(Segment segment, long after) {
    Segment.Builder rest = segment.toBuilder().setFrom(after).clearEvents();
    for (Event event : segment.getEventsList()) {
      if (event.getOffset() > after) {
        rest.addEvents(event);
      }
    }
    return rest.build();
  }

  private long removeOldest() {
    synchronized (this) {
      Segment oldest = segments.removeFirst();
      floor = oldest.getThrough();
      return cost(oldest);
    }
  }

  private static long cost(Segment segment) {
    return segment.getSerializedSize()
        + (long) EVENT_OVERHEAD_BYTES * (1 + segment.getEventsCount());
  }

  /**
   * The memory of all rings: when it is used up, the oldest segment of any partition goes. Confined
   * to the fold thread, but for {@link #used}.
   */
  static final class Budget {
    private final long most;
    private final ArrayDeque<Ring> byAge = new ArrayDeque<>();
    private volatile long used;

    Budget(long most) {
      this.most = most;
    }

    /** Bytes in use. */
    long used() {
      return used;
    }

    private void added(Ring ring, long cost) {
      byAge.addLast(ring);
      long now = used + cost;
      while (now > most && !byAge.isEmpty()) {
        now -= byAge.removeFirst().removeOldest();
      }
      used = now;
    }

    private void removed(Ring ring, int segments, long cost) {
      if (segments > 0) {
        byAge.removeIf(each -> each == ring);
        long now = used - cost;
        used = now;
      }
    }
  }
}
