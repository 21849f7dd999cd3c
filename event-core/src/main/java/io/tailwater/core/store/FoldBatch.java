package io.tailwater.core.store;

import io.tailwater.contract.v1.Event;
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
  private final WriteBatch batch = new WriteBatch();
  private final Map<String, Long> closing = new HashMap<>();
  private final Map<ByteBuffer, Remembered> remembered = new HashMap<>();

  /**
   * Opens a batch.
   *
   * @param windowMs how long an idempotency key is remembered, by record timestamps
   * @param earliest the first retained offset
   */
  public FoldBatch(Store store, Keys keys, long windowMs, long earliest) {
    this.store = store;
    this.keys = keys;
    this.windowMs = windowMs;
    this.earliest = earliest;
  }

  /** Judges an event, and keeps it if it is {@link Verdict.Stored}. */
  public Verdict add(byte[] channel, Event event) {
    assert store.owner().isCurrent() : store.owner();
    byte @Nullable [] idempotency = event.getKey().isEmpty() ? null : idempotency(channel, event);
    if (idempotency != null) {
      Remembered first = recall(idempotency);
      if (first != null && event.getTsMs() - first.timestampMs() <= windowMs) {
        return new Verdict.Repeat(first.offset());
      }
    }
    long closedBy = closedBy(channel, event.getChannelKey());
    if (closedBy != OPEN) {
      return new Verdict.Closed(closedBy);
    }
    keep(channel, event, idempotency);
    return new Verdict.Stored();
  }

  /** Writes all of the batch, or nothing. */
  public void commit(Progress progress) {
    assert store.owner().isCurrent() : store.owner();
    try {
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

  private void keep(byte[] channel, Event event, byte @Nullable [] idempotency) {
    try {
      batch.put(keys.event(channel, event.getOffset()), event.toByteArray());
      batch.put(keys.order(event.getOffset()), channel);
      if (idempotency != null) {
        Remembered entry = new Remembered(event.getOffset(), event.getTsMs());
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
