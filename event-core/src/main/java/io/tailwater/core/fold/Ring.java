package io.tailwater.core.fold;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Segment;
import io.tailwater.core.thread.Owner;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Filled by its owner, the fold thread, and read by any thread: the newest segments of one
 * partition, contiguous, for followers. All rings share one {@link Budget}.
 */
public final class Ring {
  /** Memory of an event beyond its message, roughly. */
  private static final int EVENT_OVERHEAD_BYTES = 200;

  private final Budget budget;

  @GuardedBy("this")
  private final ArrayDeque<Segment> segments = new ArrayDeque<>();

  @GuardedBy("this")
  private long floor;

  /** An empty ring that begins after {@code through}. */
  public Ring(Budget budget, long through) {
    this.budget = budget;
    this.floor = through;
  }

  /** Adds the next segment; it begins where the last one ended. */
  void add(Segment segment) {
    assert budget.owner.isCurrent() : budget.owner;
    synchronized (this) {
      segments.addLast(segment);
    }
    budget.added(this, cost(segment));
  }

  /** Drops everything; the next segment begins after {@code through}. */
  void restart(long through) {
    assert budget.owner.isCurrent() : budget.owner;
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
  public synchronized boolean holds(long after) {
    return after >= floor;
  }

  /**
   * The event that was stored at an offset; null if there is none, or if it is not held any more.
   */
  public @Nullable Event event(long offset) {
    Segment segment = segment(offset);
    if (segment == null) {
      return null;
    }
    int low = 0;
    int high = segment.getEventsCount() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      Event found = segment.getEvents(middle);
      if (found.getOffset() == offset) {
        return found;
      }
      if (found.getOffset() < offset) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return null;
  }

  private synchronized @Nullable Segment segment(long offset) {
    // From the newest: a caller has just waited for the offset.
    var fromNewest = segments.descendingIterator();
    while (fromNewest.hasNext()) {
      Segment segment = fromNewest.next();
      if (segment.getFrom() < offset) {
        return segment.getThrough() < offset ? null : segment;
      }
    }
    return null;
  }

  /**
   * The segments after a position that is held, contiguous from it on.
   *
   * @param maxBytes bounds the answer, but the first segment is always returned
   */
  public synchronized List<Segment> after(long after, int maxBytes) {
    List<Segment> found = new ArrayList<>();
    long bytes = 0;
    for (Segment segment : newerThan(after)) {
      Segment part = segment.getFrom() < after ? cut(segment, after) : segment;
      bytes += part.getSerializedSize();
      if (bytes > maxBytes && !found.isEmpty()) {
        break;
      }
      found.add(part);
    }
    return found;
  }

  /** Walks from the newest, since followers are near the end. */
  @GuardedBy("this")
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
   * Owned by the fold thread, except {@link #used}: the memory of all rings. When it is used up,
   * the oldest segment of any partition is dropped.
   */
  public static final class Budget {
    private final long max;
    private final Owner owner;
    private final ArrayDeque<Ring> byAge = new ArrayDeque<>();
    private volatile long used;

    /**
     * An unused budget.
     *
     * @param max bytes
     * @param owner the fold thread
     */
    public Budget(long max, Owner owner) {
      this.max = max;
      this.owner = owner;
    }

    /** Bytes in use. */
    public long used() {
      return used;
    }

    private void added(Ring ring, long cost) {
      assert owner.isCurrent() : owner;
      byAge.addLast(ring);
      long now = used + cost;
      while (now > max && !byAge.isEmpty()) {
        now -= byAge.removeFirst().removeOldest();
      }
      used = now;
    }

    private void removed(Ring ring, int segments, long cost) {
      assert owner.isCurrent() : owner;
      if (segments > 0) {
        byAge.removeIf(each -> each == ring);
        long now = used - cost;
        used = now;
      }
    }
  }
}
