package io.tailwater.core.store;

import io.tailwater.contract.v1.Event;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksIterator;

/**
 * Owned by its page: walks over stored events in the order of the log, in either direction. Events
 * that are not wanted are left out, and counted.
 */
abstract class Walk implements AutoCloseable {
  private final RocksIterator iterator;
  private final byte[] prefix;
  private final Wanted wanted;
  private long leftOutBytes;
  private int bytes;

  private Walk(RocksIterator iterator, byte[] prefix, Wanted wanted) {
    this.iterator = iterator;
    this.prefix = prefix;
    this.wanted = wanted;
  }

  /** A walk over a snapshot; to be closed before it. */
  static Walk of(Wanted wanted, Keys keys, Store.View view) {
    return switch (wanted) {
      case Wanted.OfChannel channel -> new OfChannel(channel, keys, view);
      case Wanted.OfPrefix prefix -> new OfPartition(prefix, keys, view);
    };
  }

  /** The key of what lies at an offset. */
  abstract byte[] key(long offset);

  /** The event here as it is stored; null if it is not of the wanted channels. */
  abstract byte @Nullable [] stored(RocksIterator at);

  /** Goes to the first event at or after an offset. */
  void seek(long offset) {
    iterator.seek(key(offset));
  }

  /** Goes to the last event before an offset. */
  void seekBefore(long offset) {
    iterator.seekForPrev(key(Math.max(0, offset - 1)));
  }

  void next() {
    iterator.next();
  }

  void previous() {
    iterator.prev();
  }

  /** Whether it stands at an event. */
  boolean isValid() {
    return iterator.isValid() && Keys.startsWith(iterator.key(), prefix);
  }

  /** The offset of the event here. */
  long offset() {
    return Keys.offset(iterator.key());
  }

  /** The event here; null if it is not wanted. */
  @Nullable Event event() {
    byte[] stored = stored(iterator);
    if (stored == null) {
      leftOutBytes += iterator.key().length + iterator.value().length;
      return null;
    }
    Event event = Store.event(stored);
    if (!wanted.takes(event)) {
      leftOutBytes += stored.length;
      return null;
    }
    bytes = stored.length;
    return event;
  }

  /** The size of the last wanted event, bytes. */
  int bytes() {
    return bytes;
  }

  /** The size of what was read and left out, bytes. */
  long leftOutBytes() {
    return leftOutBytes;
  }

  @Override
  public void close() {
    iterator.close();
  }

  /** Along the events of one channel. */
  private static final class OfChannel extends Walk {
    private final Keys keys;
    private final byte[] channel;

    OfChannel(Wanted.OfChannel wanted, Keys keys, Store.View view) {
      super(view.iterator(), keys.events(wanted.key()), wanted);
      this.keys = keys;
      this.channel = wanted.key();
    }

    @Override
    byte[] key(long offset) {
      return keys.event(channel, offset);
    }

    @Override
    byte[] stored(RocksIterator at) {
      return at.value();
    }
  }

  /** Along the index by offset, which has the channel of every event of the partition. */
  private static final class OfPartition extends Walk {
    private final Keys keys;
    private final Store.View view;
    private final byte[] keyPrefix;

    OfPartition(Wanted.OfPrefix wanted, Keys keys, Store.View view) {
      super(view.iterator(), keys.orders(), wanted);
      this.keys = keys;
      this.view = view;
      this.keyPrefix = wanted.prefix();
    }

    @Override
    byte[] key(long offset) {
      return keys.order(offset);
    }

    @Override
    byte @Nullable [] stored(RocksIterator at) {
      byte[] channel = at.value();
      return Keys.startsWith(channel, keyPrefix)
          ? view.get(keys.event(channel, Keys.offset(at.key())))
          : null;
    }
  }
}
