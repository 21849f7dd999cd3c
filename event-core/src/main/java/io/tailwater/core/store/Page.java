package io.tailwater.core.store;

import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.ReadPage;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.rocksdb.RocksIterator;

/**
 * Owned by the thread that creates it, for one page: reads a page of a channel from one snapshot.
 * Events, closing, progress and the earliest offset belong to the same moment.
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

  private final Store.View view;
  private final Keys keys;
  private final byte[] channel;
  private final byte[] prefix;
  private final Progress progress;
  private final RocksIterator iterator;
  private final long closedBy;

  /**
   * Opens a snapshot.
   *
   * @throws StoreException if the store is closed or cannot be read
   */
  public Page(Store store, Keys keys, byte[] channel) {
    this.keys = keys;
    this.channel = channel;
    prefix = keys.events(channel);
    view = store.view();
    try {
      byte[] stored = view.get(keys.progress());
      if (stored == null) {
        throw new StoreException("the store has no progress of the partition");
      }
      progress = Progress.decode(stored);
      byte[] closing = view.get(keys.closed(channel));
      long by = closing == null ? -1 : ByteBuffer.wrap(closing).getLong();
      closedBy = by >= progress.earliest() ? by : -1;
      iterator = view.iterator();
    } catch (RuntimeException e) {
      view.close();
      throw e;
    }
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

  /** The events after a position: through the head, or the last event within the bounds. */
  private ReadPage.Builder onward(long from, int limit, int bytes) {
    ReadPage.Builder page = ReadPage.newBuilder().setFrom(from);
    long through = limit == 0 ? from : progress.through();
    int size = 0;
    for (iterator.seek(keys.event(channel, from + 1)); limit > 0 && inChannel(); iterator.next()) {
      byte[] stored = iterator.value();
      boolean full =
          page.getEventsCount() > 0
              && (page.getEventsCount() == limit || size + stored.length > bytes);
      if (full) {
        through = page.getEvents(page.getEventsCount() - 1).getOffset();
        break;
      }
      page.addEvents(Store.event(stored));
      size += stored.length;
    }
    return finish(page, through, limit == 0 ? progress.through() : through);
  }

  /** The position before the newest N events, or the earliest position if fewer are retained. */
  private long beforeLast(int events) {
    long from = progress.through();
    seekBefore(progress.next());
    for (int i = 0; i < events; i++) {
      if (!inChannel() || Keys.offset(iterator.key()) < progress.earliest()) {
        return progress.earliestPosition();
      }
      from = Keys.offset(iterator.key()) - 1;
      iterator.prev();
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
    seekBefore(through + 1);
    while (limit > 0 && inChannel() && Keys.offset(iterator.key()) >= progress.earliest()) {
      byte[] stored = iterator.value();
      if (!events.isEmpty() && (events.size() == limit || size + stored.length > bytes)) {
        from = events.getFirst().getOffset() - 1;
        break;
      }
      events.addFirst(Store.event(stored));
      size += stored.length;
      iterator.prev();
    }
    List<Event> oldestFirst = new ArrayList<>(events);
    return finish(ReadPage.newBuilder().setFrom(from).addAllEvents(oldestFirst), through, through)
        .build();
  }

  private void seekBefore(long offset) {
    iterator.seekForPrev(keys.event(channel, Math.max(0, offset - 1)));
  }

  private boolean inChannel() {
    return iterator.isValid() && Keys.startsWith(iterator.key(), prefix);
  }

  private ReadPage.Builder finish(ReadPage.Builder page, long through, long closedAsOf) {
    boolean known = page.getEventsCount() > 0 || closedBy >= 0 || hasAny();
    return page.setEpoch(progress.epoch().text())
        .setThrough(through)
        .setClosed(closedBy >= 0 && closedBy <= closedAsOf)
        .setEarliest(progress.earliestPosition())
        .setHead(progress.through())
        .setKnown(known);
  }

  private boolean hasAny() {
    iterator.seek(keys.event(channel, progress.earliest()));
    return inChannel();
  }

  @Override
  public void close() {
    iterator.close();
    view.close();
  }
}
