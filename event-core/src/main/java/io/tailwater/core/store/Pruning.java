package io.tailwater.core.store;

import io.tailwater.contract.Acks;
import io.tailwater.contract.v1.Event;
import io.tailwater.core.state.Entry;
import io.tailwater.core.state.Totals;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;

/**
 * Owned by the store's owner, the fold thread: removes the events of one partition that Kafka no
 * longer has, and their idempotency keys, closings and entries. Readers don't notice: events below
 * the earliest offset are gone for them before they are removed.
 */
public final class Pruning {
  private static final int MAX_AT_ONCE = 1000;

  private final Store store;
  private final Keys keys;
  private final boolean acks;

  /** Everything below this offset is removed. */
  private long done;

  /**
   * Prunes one partition.
   *
   * @param acks whether its events are read positions
   */
  public Pruning(Store store, Keys keys, boolean acks) {
    this.acks = acks;
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
    Map<ByteBuffer, Totals> totals = new HashMap<>();
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
        remove(view, batch, order, orders.value(), totals);
        removed++;
      }
      if (removed > 0) {
        for (Map.Entry<ByteBuffer, Totals> each : totals.entrySet()) {
          put(batch, each.getKey().array(), each.getValue());
        }
        store.write(batch);
      }
      done = reached;
    } catch (RocksDBException e) {
      throw new StoreException(e);
    }
    return removed;
  }

  private static void put(WriteBatch batch, byte[] key, Totals totals) throws RocksDBException {
    if (totals.equals(Totals.NONE)) {
      batch.delete(key);
    } else {
      batch.put(key, totals.encode());
    }
  }

  private void remove(
      Store.View view,
      WriteBatch batch,
      byte[] order,
      byte[] channel,
      Map<ByteBuffer, Totals> totals)
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
      if (acks) {
        for (String read : Acks.decode(event.getData()).keySet()) {
          byte[] entry = keys.entry(channel, read.getBytes(StandardCharsets.UTF_8));
          removeIfOf(offset, view, batch, entry);
        }
      }
      if (event.hasOf()) {
        batch.delete(keys.reference(event.getOf(), offset));
      }
      if (!event.getEntry().isEmpty()) {
        removeEntry(event, view, batch, channel, totals);
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

  private void removeEntry(
      Event event,
      Store.View view,
      WriteBatch batch,
      byte[] channel,
      Map<ByteBuffer, Totals> totals)
      throws RocksDBException {
    byte[] key = keys.entry(channel, event.getEntry().getBytes(StandardCharsets.UTF_8));
    byte @Nullable [] stored = view.get(key);
    if (stored == null || Entry.version(stored) != event.getOffset()) {
      return;
    }
    batch.delete(key);
    byte[] totalsKey = keys.totals(channel);
    Totals before =
        totals.computeIfAbsent(
            ByteBuffer.wrap(totalsKey), absent -> Totals.decode(view.get(totalsKey)));
    totals.put(
        ByteBuffer.wrap(totalsKey), before.changed(event.getEntry(), Entry.decode(stored), null));
  }

  private byte[] idempotency(byte[] channel, Event event) {
    return keys.idempotency(
        channel,
        event.getBy().getBytes(StandardCharsets.UTF_8),
        event.getKey().getBytes(StandardCharsets.UTF_8));
  }
}
