package io.tailwater.core.store;

import io.tailwater.contract.v1.Event;
import io.tailwater.core.state.Entry;
import io.tailwater.core.state.EntryWrite;
import io.tailwater.core.state.Reason;
import io.tailwater.core.state.Reducer;
import io.tailwater.core.state.Reduction;
import io.tailwater.core.state.StateLimits;
import io.tailwater.core.state.Terms;
import io.tailwater.core.state.Totals;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.WriteBatch;

/**
 * Owned by its {@link FoldBatch}: the entries that the events of one poll change. Each is written
 * once, however often it changes.
 */
final class StateBatch {
  private final Store store;
  private final Keys keys;
  private final Terms terms;
  private final Map<ByteBuffer, Slot> entries = new HashMap<>();
  private final Map<ByteBuffer, Totals> totals = new HashMap<>();

  StateBatch(Store store, Keys keys, Terms terms) {
    this.store = store;
    this.keys = keys;
    this.terms = terms;
  }

  /** An entry of the batch. */
  private static final class Slot {
    @Nullable Entry entry;
    boolean changed;

    Slot(@Nullable Entry entry) {
      this.entry = entry;
    }
  }

  /** Applies an event to the entry that it is about. */
  Reduction apply(byte[] channel, EntryWrite write, Event event) {
    Slot slot = slot(keys.entry(channel, write.entry().getBytes(StandardCharsets.UTF_8)));
    Reduction reduction = Reducer.apply(terms, slot.entry, write, event);
    if (!(reduction instanceof Reduction.Applied(Entry after, Event applied))) {
      return reduction;
    }
    byte[] totalsKey = keys.totals(channel);
    Totals before = totals(totalsKey);
    Totals now = before.changed(write.entry(), slot.entry, after);
    boolean grows = now.entries() > before.entries() || now.bytes() > before.bytes();
    if (grows && StateLimits.isBeyondFold(now.entries(), now.bytes())) {
      return new Reduction.Refused(Reason.TOO_LARGE);
    }
    totals.put(ByteBuffer.wrap(totalsKey), now);
    slot.entry = after;
    slot.changed = true;
    return reduction;
  }

  private Slot slot(byte[] key) {
    return entries.computeIfAbsent(
        ByteBuffer.wrap(key),
        absent -> {
          byte[] stored = store.get(key);
          return new Slot(stored == null ? null : Entry.decode(stored));
        });
  }

  private Totals totals(byte[] key) {
    return totals.computeIfAbsent(ByteBuffer.wrap(key), absent -> Totals.decode(store.get(key)));
  }

  /** Writes what has changed. */
  void writeTo(WriteBatch batch) throws RocksDBException {
    for (Map.Entry<ByteBuffer, Slot> each : entries.entrySet()) {
      Slot slot = each.getValue();
      if (slot.changed) {
        put(batch, each.getKey().array(), slot.entry == null ? null : slot.entry.encode());
      }
    }
    for (Map.Entry<ByteBuffer, Totals> each : totals.entrySet()) {
      Totals now = each.getValue();
      put(batch, each.getKey().array(), now.equals(Totals.NONE) ? null : now.encode());
    }
  }

  private static void put(WriteBatch batch, byte[] key, byte @Nullable [] value)
      throws RocksDBException {
    if (value == null) {
      batch.delete(key);
    } else {
      batch.put(key, value);
    }
  }
}
