package io.tailwater.core.store;

import io.tailwater.contract.Redaction;
import io.tailwater.contract.v1.Event;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;

/**
 * Owned by its {@link FoldBatch}: takes the content out of events that others redact. A redaction
 * finds the event and those that are about it, in the store and in the batch itself. What comes
 * later and is about an event without content has none either, so the order of an edit and a
 * redaction makes no difference to what is left.
 */
final class RedactionBatch {
  private final Store store;
  private final Keys keys;
  private final long earliest;
  private final WriteBatch batch;

  /** The events of this batch, by their offsets. */
  private final Map<Long, Kept> kept = new LinkedHashMap<>();

  private record Kept(byte[] channel, Event event) {}

  RedactionBatch(Store store, Keys keys, long earliest, WriteBatch batch) {
    this.store = store;
    this.keys = keys;
    this.earliest = earliest;
    this.batch = batch;
  }

  /** The event as it is to be stored. */
  Event judged(byte[] channel, Event event) {
    if (!event.hasOf() || Redaction.is(event) || !Redaction.isOpen(event)) {
      return event;
    }
    Event about = find(channel, event.getOf());
    return about != null && about.getRedacted() ? Redaction.of(event) : event;
  }

  /** Notes an event that was stored, and does what it asks. */
  void stored(byte[] channel, Event event) throws RocksDBException {
    kept.put(event.getOffset(), new Kept(channel, event));
    if (!event.hasOf()) {
      return;
    }
    if (!Redaction.is(event)) {
      batch.put(keys.reference(event.getOf(), event.getOffset()), channel);
      return;
    }
    redact(channel, event.getOf(), event);
    for (Kept one : kept.values().toArray(Kept[]::new)) {
      if (Arrays.equals(one.channel, channel)) {
        redact(channel, one.event.getOffset(), event);
      }
    }
    byte[] prefix = keys.references(event.getOf());
    try (Store.View view = store.view();
        RocksIterator references = view.iterator()) {
      for (references.seek(prefix);
          references.isValid() && Keys.startsWith(references.key(), prefix);
          references.next()) {
        if (Arrays.equals(references.value(), channel)) {
          redact(channel, Keys.offset(references.key()), event);
        }
      }
    }
  }

  private void redact(byte[] channel, long offset, Event redaction) throws RocksDBException {
    Event event = find(channel, offset);
    if (event != null && Redaction.concerns(redaction, event)) {
      Event without = Redaction.of(event);
      batch.put(keys.event(channel, offset), without.toByteArray());
      kept.put(offset, new Kept(channel, without));
    }
  }

  private @Nullable Event find(byte[] channel, long offset) {
    Kept here = kept.get(offset);
    if (here != null) {
      return Arrays.equals(here.channel, channel) ? here.event : null;
    }
    byte[] stored = offset < earliest ? null : store.get(keys.event(channel, offset));
    return stored == null ? null : Store.event(stored);
  }
}
