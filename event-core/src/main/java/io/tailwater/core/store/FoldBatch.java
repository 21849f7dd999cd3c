package io.tailwater.core.store;

import io.tailwater.contract.Acks;
import io.tailwater.contract.v1.Event;
import io.tailwater.core.state.Entry;
import io.tailwater.core.state.EntryWrite;
import io.tailwater.core.state.Reason;
import io.tailwater.core.state.Reduction;
import io.tailwater.core.state.Terms;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * Owned by the store's owner, the fold thread: judges the events of one poll and partition in their
 * order, and writes them with the new progress in one batch. Later events see what earlier events
 * of the batch decided.
 *
 * <p>A dropped record leaves no state, so state depends on the log alone. An entry whose record
 * lies below the earliest retained offset counts as removed, whether it is pruned or not.
 */
public final class FoldBatch implements AutoCloseable {
  private static final long OPEN = -1;

  private final Store store;
  private final Keys keys;
  private final long windowMs;
  private final long earliest;
  private final StateBatch state;
  private final RedactionBatch redactions;
  private final WriteBatch batch = new WriteBatch();
  private final Map<String, Long> closing = new HashMap<>();
  private final Map<ByteBuffer, Remembered> remembered = new HashMap<>();
  private final Map<ByteBuffer, ReadThrough> readThrough = new HashMap<>();

  /**
   * Opens a batch.
   *
   * @param windowMs how long an idempotency key is remembered, by record timestamps
   * @param terms of the log at this moment
   */
  public FoldBatch(Store store, Keys keys, long windowMs, Terms terms) {
    this.store = store;
    this.keys = keys;
    this.windowMs = windowMs;
    this.earliest = terms.earliest();
    state = new StateBatch(store, keys, terms);
    redactions = new RedactionBatch(store, keys, earliest, batch);
  }

  /**
   * Judges an event, and keeps it if it is {@link Verdict.Stored}. The order is part of the
   * contract: repeated key, closed channel, entry.
   *
   * @param write what it asks to do to an entry of the channel's state; null if it names none
   */
  public Verdict add(byte[] channel, Event event, @Nullable EntryWrite write) {
    assert store.owner().isCurrent() : store.owner();
    byte @Nullable [] idempotency = event.getKey().isEmpty() ? null : idempotency(channel, event);
    if (idempotency != null) {
      Remembered first = recall(idempotency);
      if (first != null && first.covers(event.getTsMs(), windowMs)) {
        return new Verdict.Repeat(first.offset());
      }
    }
    long closedBy = closedBy(channel, event.getChannelKey());
    if (closedBy != OPEN) {
      return new Verdict.Closed(closedBy);
    }
    if (write == null) {
      Event judged = redactions.judged(channel, event);
      keep(channel, judged, idempotency, false);
      return new Verdict.Stored(judged);
    }
    return switch (state.apply(channel, write, event)) {
      case Reduction.Refused(Reason reason) -> new Verdict.Conflict(reason);
      case Reduction.Applied(Entry entry, Event applied) -> {
        keep(channel, applied, idempotency, write.isRememberedLong());
        yield new Verdict.Stored(applied);
      }
      case Reduction.Superseded(Event superseded) -> {
        keep(channel, superseded, idempotency, write.isRememberedLong());
        yield new Verdict.Stored(superseded);
      }
    };
  }

  /**
   * Moves the read positions that a stored event has, each of them forward only.
   *
   * @param subject whose they are: the key of the event's channel
   */
  public void move(byte[] subject, Event event) {
    assert store.owner().isCurrent() : store.owner();
    Acks.decode(event.getData())
        .forEach(
            (channel, position) -> {
              byte[] key = keys.entry(subject, channel.getBytes(StandardCharsets.UTF_8));
              ReadThrough before = readThrough(key);
              if (before == null || before.isBefore(position)) {
                move(key, new ReadThrough(event.getOffset(), position), event);
              }
            });
  }

  private @Nullable ReadThrough readThrough(byte[] key) {
    ReadThrough here = readThrough.get(ByteBuffer.wrap(key));
    if (here != null) {
      return here;
    }
    byte[] stored = store.get(key);
    if (stored == null) {
      return null;
    }
    ReadThrough before = ReadThrough.decode(stored);
    return before != null && before.offset() >= earliest ? before : null;
  }

  private void move(byte[] key, ReadThrough position, Event event) {
    try {
      batch.put(key, position.encode(event));
      readThrough.put(ByteBuffer.wrap(key), position);
    } catch (RocksDBException e) {
      throw new StoreException(e);
    }
  }

  /** Writes all of the batch, or nothing. */
  public void commit(Progress progress) {
    assert store.owner().isCurrent() : store.owner();
    try {
      state.writeTo(batch);
      batch.put(keys.progress(), progress.encode());
    } catch (RocksDBException e) {
      throw new StoreException(e);
    }
    store.write(batch);
  }

  @Override
  public void close() {
    batch.close();
  }

  private byte[] idempotency(byte[] channel, Event event) {
    return keys.idempotency(
        channel,
        event.getBy().getBytes(StandardCharsets.UTF_8),
        event.getKey().getBytes(StandardCharsets.UTF_8));
  }

  private @Nullable Remembered recall(byte[] idempotency) {
    Remembered here = remembered.get(ByteBuffer.wrap(idempotency));
    if (here != null) {
      return here;
    }
    byte[] stored = store.get(idempotency);
    if (stored == null) {
      return null;
    }
    Remembered before = Remembered.decode(stored);
    return before.offset() >= earliest ? before : null;
  }

  private long closedBy(byte[] channel, String channelKey) {
    Long known = closing.get(channelKey);
    if (known == null) {
      byte[] stored = store.get(keys.closed(channel));
      long offset = stored == null ? OPEN : ByteBuffer.wrap(stored).getLong();
      known = offset >= earliest ? offset : OPEN;
      closing.put(channelKey, known);
    }
    return known;
  }

  private void keep(
      byte[] channel, Event event, byte @Nullable [] idempotency, boolean rememberedLong) {
    try {
      batch.put(keys.event(channel, event.getOffset()), event.toByteArray());
      batch.put(keys.order(event.getOffset()), channel);
      redactions.stored(channel, event);
      if (idempotency != null) {
        Remembered entry = new Remembered(event.getOffset(), event.getTsMs(), rememberedLong);
        batch.put(idempotency, entry.encode());
        remembered.put(ByteBuffer.wrap(idempotency), entry);
      }
      if (event.getCloses()) {
        byte[] offset = ByteBuffer.allocate(Long.BYTES).putLong(event.getOffset()).array();
        batch.put(keys.closed(channel), offset);
        closing.put(event.getChannelKey(), event.getOffset());
      }
    } catch (RocksDBException e) {
      throw new StoreException(e);
    }
  }
}
