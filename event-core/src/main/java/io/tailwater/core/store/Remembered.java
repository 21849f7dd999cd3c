package io.tailwater.core.store;

import java.nio.ByteBuffer;

/**
 * Immutable: the record that an idempotency key stands for.
 *
 * @param offset where it is
 * @param timestampMs the record's own timestamp, milliseconds since the epoch
 */
public record Remembered(long offset, long timestampMs) {
  /** Reads what {@link #encode} wrote. */
  public static Remembered decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new Remembered(in.getLong(), in.getLong());
  }

  byte[] encode() {
    return ByteBuffer.allocate(2 * Long.BYTES).putLong(offset).putLong(timestampMs).array();
  }
}
