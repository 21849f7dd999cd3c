package io.tailwater.core.store;

import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.ReadPage;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Owned by the thread that creates it, for one page: reads a page of a channel, or of the channels
 * with a prefix, from one snapshot. Events, closing, progress and the earliest offset belong to the
 * same moment. A page that leaves out much ends early.
 */
public final class Page implements AutoCloseable {
  /** Immutable: where a page begins, when nothing has to be asked of Kafka any more. */
  public sealed interface Start {
    /** After an offset of this epoch. */
    record After(long offset) implements Start {}

    /** After the newest event. */
    record Latest() implements Start {}

    /** Before the oldest event. */
    record Earliest() implements Start {}

    /** Before the newest N events. */
    record Last(int events) implements Start {}

    /** Backwards from an offset of this epoch. */
    record Before(long offset) implements Start {}

    /** From the beginning, since the requested position belongs to another topic. */
    record Foreign() implements Start {}
  }

  /** How much a page leaves out before it ends, bytes of stored events. */
  private static final long MAX_LEFT_OUT_BYTES = 512 << 10;

  /** The same when it reads backwards, where the reader does not ask again by itself. */
  private static final long MAX_LEFT_OUT_BYTES_BACKWARDS = 4 << 20;

  private static final long OPEN = -1;

  private final Store.View view;
  private final Wanted wanted;
  private final Progress progress;
  private final Walk walk;
  private final long closedBy;

  /**
   * Opens a snapshot.
   *
   * @throws StoreException if the store is closed or cannot be read
   */
  public Page(Store store, Keys keys, Wanted wanted) {
    this.wanted = wanted;
    view = store.view();
    try {
      byte[] stored = view.get(keys.progress());
      if (stored == null) {
        throw new StoreException("the store has no progress of the partition");
      }
      progress = Progress.decode(stored);
      closedBy = wanted instanceof Wanted.OfChannel channel ? closedBy(keys, channel) : OPEN;
      walk = Walk.of(wanted, keys, view);
    } catch (RuntimeException e) {
      view.close();
      throw e;
    }
  }

  private long closedBy(Keys keys, Wanted.OfChannel channel) {
    byte[] closing = view.get(keys.closed(channel.key()));
    long by = closing == null ? OPEN : ByteBuffer.wrap(closing).getLong();
    return by >= progress.earliest() ? by : OPEN;
  }

  /** The progress of the snapshot. */
  public Progress progress() {
    return progress;
  }

  /**
   * Reads the page.
   *
   * @param limit bounds the number of events
   * @param bytes bounds the events, but the first event is always returned
   */
  public ReadPage read(Start start, int limit, int bytes) {
    return switch (start) {
      case Start.After(long offset) -> after(offset, limit, bytes);
      case Start.Latest() -> onward(progress.through(), limit, bytes).build();
      case Start.Earliest() -> onward(progress.earliestPosition(), limit, bytes).build();
      case Start.Last(int events) -> onward(beforeLast(events), limit, bytes).build();
      case Start.Before(long offset) -> before(offset, limit, bytes);
      case Start.Foreign() ->
          onward(progress.earliestPosition(), limit, bytes)
              .setReset(ReadPage.Reset.FOREIGN)
              .build();
    };
  }

  private ReadPage after(long offset, int limit, int bytes) {
    if (offset < progress.earliestPosition()) {
      return onward(progress.earliestPosition(), limit, bytes)
          .setReset(ReadPage.Reset.EXPIRED)
          .build();
    }
    return onward(offset, limit, bytes).build();
  }

  /** The events after a position: through the head, or what was looked through in the bounds. */
  private ReadPage.Builder onward(long from, int limit, int bytes) {
    ReadPage.Builder page = ReadPage.newBuilder().setFrom(from);
    long through = limit == 0 ? from : progress.through();
    int size = 0;
    for (walk.seek(from + 1); limit > 0 && walk.isValid(); walk.next()) {
      if (walk.leftOutBytes() > MAX_LEFT_OUT_BYTES) {
        through = walk.offset() - 1;
        break;
      }
      Event event = walk.event();
      if (event == null) {
        continue;
      }
      if (isFull(page.getEventsCount(), limit, size, bytes)) {
        through = walk.offset() - 1;
        break;
      }
      page.addEvents(event);
      size += walk.bytes();
    }
    return finish(page, through, limit == 0 ? progress.through() : through);
  }

  private boolean isFull(int events, int limit, int size, int bytes) {
    return events > 0 && (events == limit || size + walk.bytes() > bytes);
  }

  /**
   * The position before the newest N events. If fewer are retained, it is the earliest position; if
   * too much had to be left out, it is the one before the oldest event that was found.
   */
  private long beforeLast(int events) {
    long from = progress.through();
    walk.seekBefore(progress.next());
    for (int found = 0; found < events; walk.previous()) {
      if (!walk.isValid() || walk.offset() < progress.earliest()) {
        return progress.earliestPosition();
      }
      if (walk.leftOutBytes() > MAX_LEFT_OUT_BYTES_BACKWARDS) {
        return from;
      }
      if (walk.event() != null) {
        from = walk.offset() - 1;
        found++;
      }
    }
    return from;
  }

  private ReadPage before(long offset, int limit, int bytes) {
    long through = Math.min(offset - 1, progress.through());
    if (through < progress.earliestPosition()) {
      ReadPage.Builder nothing = ReadPage.newBuilder().setFrom(progress.earliestPosition());
      return finish(nothing, progress.earliestPosition(), progress.earliestPosition())
          .setReset(ReadPage.Reset.EXPIRED)
          .build();
    }
    ArrayDeque<Event> events = new ArrayDeque<>();
    long from = limit == 0 ? through : progress.earliestPosition();
    int size = 0;
    walk.seekBefore(through + 1);
    for (; limit > 0 && walk.isValid() && walk.offset() >= progress.earliest(); walk.previous()) {
      if (walk.leftOutBytes() > MAX_LEFT_OUT_BYTES_BACKWARDS) {
        from = walk.offset();
        break;
      }
      Event event = walk.event();
      if (event == null) {
        continue;
      }
      if (isFull(events.size(), limit, size, bytes)) {
        from = walk.offset();
        break;
      }
      events.addFirst(event);
      size += walk.bytes();
    }
    List<Event> oldestFirst = new ArrayList<>(events);
    return finish(ReadPage.newBuilder().setFrom(from).addAllEvents(oldestFirst), through, through)
        .build();
  }

  private ReadPage.Builder finish(ReadPage.Builder page, long through, long closedAsOf) {
    return page.setEpoch(progress.epoch().text())
        .setThrough(through)
        .setClosed(closedBy >= 0 && closedBy <= closedAsOf)
        .setEarliest(progress.earliestPosition())
        .setHead(progress.through())
        .setLeftOutBytes(walk.leftOutBytes())
        .setKnown(page.getEventsCount() > 0 || closedBy >= 0 || hasAny());
  }

  private boolean hasAny() {
    return switch (wanted) {
      case Wanted.OfPrefix prefix -> true;
      case Wanted.OfChannel channel -> {
        walk.seek(progress.earliest());
        yield walk.isValid();
      }
    };
  }

  @Override
  public void close() {
    walk.close();
    view.close();
  }
}
