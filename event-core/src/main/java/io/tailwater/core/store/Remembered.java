package io.tailwater.core.store;

import io.tailwater.core.state.Terms;
import java.nio.ByteBuffer;

/**
 * Immutable: the record that an idempotency key stands for.
 *
 * @param offset where it is
 * @param timestampMs the record's own timestamp, milliseconds since the epoch
 * @param isLong whether the key is remembered for {@link Terms#KEY_MEMORY_MS}, if that is longer
 *     than the namespace's window
 */
public record Remembered(long offset, long timestampMs, boolean isLong) {
  private static final int BYTES = 2 * Long.BYTES;

  /** Reads what {@link #encode} wrote. */
  public static Remembered decode(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    return new Remembered(in.getLong(), in.getLong(), bytes.length > BYTES);
  }

  byte[] encode() {
    ByteBuffer out = ByteBuffer.allocate(isLong ? BYTES + 1 : BYTES);
    return out.putLong(offset).putLong(timestampMs).array();
  }

  /** Whether a record with the key and this timestamp repeats it. */
  boolean covers(long laterMs, long windowMs) {
    long window = isLong ? Math.max(windowMs, Terms.KEY_MEMORY_MS) : windowMs;
    return laterMs - timestampMs <= window;
  }
}
