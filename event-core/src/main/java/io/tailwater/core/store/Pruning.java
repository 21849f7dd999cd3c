package io.tailwater.core.store;

import io.tailwater.contract.v1.Event;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;

/**
 * Owned by the store's owner, the fold thread: removes the events of one partition that Kafka no
 * longer has, and their idempotency keys and closings. Readers don't notice: events below the
 * earliest offset are gone for them before they are removed.
 */
public final class Pruning {
  private static final int MAX_AT_ONCE = 1000;

  private final Store store;
  private final Keys keys;

  /** Everything below this offset is removed. */
  private long done;

  /** Prunes one partition. */
  public Pruning(Store store, Keys keys) {
    this.store = store;
    this.keys = keys;
  }

  /** Forgets what was removed: the partition is folded again. */
  public void restart() {
    assert store.owner().isCurrent() : store.owner();
    done = 0;
  }

  /** Removes a bounded number of events below an offset; returns how many. */
  public int below(long earliest) {
    assert store.owner().isCurrent() : store.owner();
    if (done >= earliest) {
      return 0;
    }
    int removed = 0;
    try (Store.View view = store.view();
        RocksIterator orders = view.iterator();
        WriteBatch batch = new WriteBatch()) {
      byte[] prefix = keys.orders();
      long reached = earliest;
      for (orders.seek(keys.order(done)); orders.isValid(); orders.next()) {
        byte[] order = orders.key();
        if (!Keys.startsWith(order, prefix) || Keys.offset(order) >= earliest) {
          break;
        }
        if (removed == MAX_AT_ONCE) {
          reached = Keys.offset(order);
          break;
        }
        remove(view, batch, order, orders.value());
        removed++;
      }
      if (removed > 0) {
        store.write(batch);
      }
      done = reached;
    } catch (RocksDBException e) {
      throw new StoreException(e);
    }
    return removed;
  }

  private void remove(Store.View view, WriteBatch batch, byte[] order, byte[] channel)
      throws RocksDBException {
    long offset = Keys.offset(order);
    byte[] key = keys.event(channel, offset);
    byte[] stored = view.get(key);
    if (stored != null) {
      Event event = Store.event(stored);
      if (!event.getKey().isEmpty()) {
        removeIfOf(offset, view, batch, idempotency(channel, event));
      }
      if (event.getCloses()) {
        removeIfOf(offset, view, batch, keys.closed(channel));
      }
    }
    batch.delete(key);
    batch.delete(order);
  }

  /** Keeps an entry that belongs to a later record. */
  private static void removeIfOf(long offset, Store.View view, WriteBatch batch, byte[] entry)
      throws RocksDBException {
    byte @Nullable [] value = view.get(entry);
    if (value != null && ByteBuffer.wrap(value).getLong() == offset) {
      batch.delete(entry);
    }
  }

  private byte[] idempotency(byte[] channel, Event event) {
    return keys.idempotency(
        channel,
        event.getBy().getBytes(StandardCharsets.UTF_8),
        event.getKey().getBytes(StandardCharsets.UTF_8));
  }
}
