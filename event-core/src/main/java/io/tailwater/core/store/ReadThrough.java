package io.tailwater.core.store;

import com.google.protobuf.ByteString;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import io.tailwater.core.state.Entry;
import io.tailwater.core.state.Value;
import org.jspecify.annotations.Nullable;

/**
 * Immutable: how far a subject has read a channel. It is stored as an entry of the state of the
 * subject's own channel, whose value is the position.
 *
 * @param offset of the record that moved it there
 */
record ReadThrough(long offset, Position position) {
  /** Reads a stored entry; null if it is not a read position, whoever wrote it. */
  static @Nullable ReadThrough decode(byte[] stored) {
    Entry entry = Entry.decode(stored);
    String text = entry.value().data().toStringUtf8();
    if (text.length() < 2) {
      return null;
    }
    try {
      return new ReadThrough(entry.version(), Position.parse(text.substring(1, text.length() - 1)));
    } catch (RequestException e) {
      return null;
    }
  }

  /** The entry as it is stored, written by an event. */
  byte[] encode(Event by) {
    ByteString text = ByteString.copyFromUtf8("\"" + position + "\"");
    Value value = new Value.Register(DataKind.JSON, text);
    return new Entry(value, offset, by.getTsMs(), "", by.getBy(), by.getTsMs()).encode();
  }

  /**
   * Whether a later record with this position moves it. Offsets of different topics are not
   * comparable; the later record is of the newer topic.
   */
  boolean isBefore(Position later) {
    return !later.epoch().equals(position.epoch()) || later.offset() > position.offset();
  }
}
