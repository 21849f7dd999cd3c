package io.tailwater.core;

import java.nio.ByteBuffer;

/**
 * The record that a key of idempotency stands for.
 *
 * @param offset where it is
 * @param timestampMs the record's own timestamp, milliseconds since the epoch
 */
record Remembered(long offset, long timestampMs) {
  static Remembered decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new Remembered(in.getLong(), in.getLong());
  }

  byte[] encode() {
    return ByteBuffer.allocate(2 * Long.BYTES).putLong(offset).putLong(timestampMs).array();
  }
}
