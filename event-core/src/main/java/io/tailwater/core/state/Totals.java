package io.tailwater.core.state;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Immutable: the size of a channel's state.
 *
 * @param entries how many there are; marks of deleted ones do not count
 * @param bytes of their names and values
 */
public record Totals(long entries, long bytes) {
  /** Of a channel without entries. */
  public static final Totals NONE = new Totals(0, 0);

  /** Reads what {@link #encode} wrote. */
  public static Totals decode(byte @Nullable [] encoded) {
    if (encoded == null) {
      return NONE;
    }
    ByteBuffer in = ByteBuffer.wrap(encoded);
    return new Totals(in.getLong(), in.getLong());
  }

  /** The totals as they are stored. */
  public byte[] encode() {
    return ByteBuffer.allocate(2 * Long.BYTES).putLong(entries).putLong(bytes).array();
  }

  /** The totals when an entry has become another one. */
  public Totals changed(String name, @Nullable Entry before, @Nullable Entry after) {
    return new Totals(
        entries + count(after) - count(before), bytes + weight(name, after) - weight(name, before));
  }

  private static int count(@Nullable Entry entry) {
    return entry != null && entry.isThere() ? 1 : 0;
  }

  private static long weight(String name, @Nullable Entry entry) {
    return entry != null && entry.isThere()
        ? name.getBytes(StandardCharsets.UTF_8).length + entry.value().weight()
        : 0;
  }
}
