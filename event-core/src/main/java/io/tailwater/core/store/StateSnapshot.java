package io.tailwater.core.store;

import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.StateCursor;
import io.tailwater.contract.v1.StateKind;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.core.state.AnswerText;
import io.tailwater.core.state.Entry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksIterator;

/**
 * Owned by the thread that creates it, for one page: reads a page of a channel's state from one
 * snapshot of the store.
 */
public final class StateSnapshot implements AutoCloseable {
  private static final long OPEN = -1;

  private final Store.View view;
  private final RocksIterator iterator;
  private final Keys keys;
  private final byte[] channel;
  private final Progress progress;
  private final long closedBy;

  /**
   * Opens a snapshot.
   *
   * @throws StoreException if the store is closed or cannot be read
   */
  public StateSnapshot(Store store, Keys keys, byte[] channel) {
    this.keys = keys;
    this.channel = channel;
    view = store.view();
    try {
      byte[] stored = view.get(keys.progress());
      if (stored == null) {
        throw new StoreException("the store has no progress of the partition");
      }
      progress = Progress.decode(stored);
      byte[] closing = view.get(keys.closed(channel));
      long by = closing == null ? OPEN : ByteBuffer.wrap(closing).getLong();
      closedBy = by >= progress.earliest() ? by : OPEN;
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
   * Reads the entries whose names begin with a prefix.
   *
   * @param after where the page before ended; null for the first page
   * @param limit bounds the number of entries
   * @param bytes bounds their values, but the first entry is always returned
   */
  public StatePage entries(String prefix, @Nullable StateCursor after, int limit, int bytes) {
    long position = after == null ? newest(Long.MAX_VALUE) : after.getPosition();
    StatePage.Builder page = page(StateKind.STATE_MAP, position);
    byte[] channelPrefix = keys.entries(channel);
    byte[] range = keys.entry(channel, utf8(prefix));
    int size = 0;
    String last = "";
    iterator.seek(after == null ? range : keys.entry(channel, utf8(after.getEntry())));
    for (; iterator.isValid() && Keys.startsWith(iterator.key(), range); iterator.next()) {
      String name = name(iterator.key(), channelPrefix.length);
      Entry entry = Entry.decode(iterator.value());
      boolean returned = after != null && name.equals(after.getEntry());
      if (returned || !entry.isThere() || entry.version() < progress.earliest()) {
        continue;
      }
      int more = iterator.value().length + name.length();
      boolean full = page.getEntriesCount() == limit || size + more > bytes;
      if (page.getEntriesCount() > 0 && full) {
        return page.setNext(cursor(position).setEntry(last).build().toByteString()).build();
      }
      page.addEntries(entry.toMessage(name));
      last = name;
      size += more;
    }
    return page.build();
  }

  /** Reads one entry; the page is empty if it is absent. */
  public StatePage entry(String name) {
    StatePage.Builder page = page(StateKind.STATE_MAP, newest(Long.MAX_VALUE));
    byte[] stored = view.get(keys.entry(channel, utf8(name)));
    Entry entry = stored == null ? null : Entry.decode(stored);
    if (entry != null && entry.isThere() && entry.version() >= progress.earliest()) {
      page.addEntries(entry.toMessage(name));
    }
    return page.build();
  }

  /**
   * Reads the text of an AI answer, through its newest event but the closing one.
   *
   * @param after where the page before ended; null for the first page
   * @param bytes about how much text the page has at most
   */
  public StatePage text(@Nullable StateCursor after, int bytes) {
    long position =
        after == null ? newest(closedBy == OPEN ? Long.MAX_VALUE : closedBy) : after.getPosition();
    StatePage.Builder page = page(StateKind.STATE_TEXT, position);
    page.setIndex(newestIndex(position)).setStatus(AnswerText.status(closing(), newest()));
    AnswerText text = new AnswerText();
    int size = 0;
    long from = after == null ? progress.earliest() : after.getOffset() + 1;
    iterator.seek(keys.event(channel, Math.max(from, progress.earliest())));
    for (; isEvent() && Keys.offset(iterator.key()) <= position; iterator.next()) {
      long offset = Keys.offset(iterator.key());
      size += text.add(Store.event(iterator.value()));
      if (size >= bytes && offset < position) {
        page.setNext(cursor(position).setOffset(offset).build().toByteString());
        break;
      }
    }
    return page.addAllParts(text.parts()).build();
  }

  private StateCursor.Builder cursor(long position) {
    return StateCursor.newBuilder().setEpoch(progress.epoch().text()).setPosition(position);
  }

  private StatePage.Builder page(StateKind kind, long position) {
    return StatePage.newBuilder()
        .setKind(kind)
        .setEpoch(progress.epoch().text())
        .setPosition(position)
        .setEarliest(progress.earliestPosition())
        .setClosed(closedBy != OPEN)
        .setKnown(closedBy != OPEN || newest(Long.MAX_VALUE) > progress.earliestPosition());
  }

  /** The channel's newest retained event before an offset, else the earliest position. */
  private long newest(long before) {
    iterator.seekForPrev(keys.event(channel, before - 1));
    return isEvent() && Keys.offset(iterator.key()) >= progress.earliest()
        ? Keys.offset(iterator.key())
        : progress.earliestPosition();
  }

  private int newestIndex(long through) {
    iterator.seekForPrev(keys.event(channel, Math.max(0, through)));
    for (; isEvent() && Keys.offset(iterator.key()) >= progress.earliest(); iterator.prev()) {
      int index = AnswerText.index(Store.event(iterator.value()));
      if (index >= 0) {
        return index;
      }
    }
    return -1;
  }

  private @Nullable Event closing() {
    byte[] stored = closedBy == OPEN ? null : view.get(keys.event(channel, closedBy));
    return stored == null ? null : Store.event(stored);
  }

  private @Nullable Event newest() {
    iterator.seekForPrev(keys.event(channel, Long.MAX_VALUE - 1));
    return isEvent() ? Store.event(iterator.value()) : null;
  }

  private boolean isEvent() {
    return iterator.isValid() && Keys.startsWith(iterator.key(), keys.events(channel));
  }

  private static String name(byte[] key, int from) {
    return new String(Arrays.copyOfRange(key, from, key.length), StandardCharsets.UTF_8);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    iterator.close();
    view.close();
  }
}
