package io.tailwater.contract;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Positions of several channels as one text: {@code m1.} and base64url of (hash of the channel's
 * name, epoch, offset) for each. It belongs to names, not to their order. Immutable.
 */
public final class Positions {
  private static final String PREFIX = "m1.";
  private static final int MAX_BYTES_EACH = Long.BYTES + 1 + 16 + Long.BYTES;

  private final Map<Long, Position> byName;

  private Positions(Map<Long, Position> byName) {
    this.byName = byName;
  }

  /** The positions of these channels. */
  public static Positions of(Map<Channel, Position> positions) {
    Map<Long, Position> byName = HashMap.newHashMap(positions.size());
    positions.forEach((channel, position) -> byName.put(hash(channel), position));
    return new Positions(byName);
  }

  /** Whether a text means to be positions of several channels, readable or not. */
  public static boolean isForSeveral(String text) {
    return text.startsWith(PREFIX);
  }

  /**
   * Reads what {@link #toString} wrote.
   *
   * @throws RequestException {@code invalid_position}
   */
  public static Positions parse(String text) {
    if (!isForSeveral(text)) {
      throw unreadable();
    }
    try {
      ByteBuffer bytes =
          ByteBuffer.wrap(Base64.getUrlDecoder().decode(text.substring(PREFIX.length())));
      Map<Long, Position> byName = new HashMap<>();
      while (bytes.hasRemaining()) {
        long name = bytes.getLong();
        byte[] epoch = new byte[bytes.get() & 0xff];
        bytes.get(epoch);
        Position position =
            new Position(new Epoch(new String(epoch, StandardCharsets.US_ASCII)), bytes.getLong());
        if (byName.put(name, position) != null) {
          throw unreadable();
        }
      }
      if (byName.isEmpty()) {
        throw unreadable();
      }
      return new Positions(byName);
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw unreadable();
    }
  }

  /** The position of a channel, or null if this text did not know it. */
  public @Nullable Position get(Channel channel) {
    return byName.get(hash(channel));
  }

  /**
   * 64 bits of a SHA-256 over the channel's name; compute it once where {@link Encoder} is used.
   */
  public static long hash(Channel channel) {
    return ByteBuffer.wrap(Epoch.sha256(channel.toString())).getLong();
  }

  /** Writes positions one after another, for a caller that holds them in its own shape. */
  public static final class Encoder {
    private final ByteBuffer bytes;

    /** An encoder for at most this many channels. */
    public Encoder(int channels) {
      bytes = ByteBuffer.allocate(channels * MAX_BYTES_EACH);
    }

    /** Adds a channel by the {@link Positions#hash} of its name. */
    public Encoder add(long name, Epoch epoch, long offset) {
      byte[] text = epoch.text().getBytes(StandardCharsets.US_ASCII);
      bytes.putLong(name).put((byte) text.length).put(text).putLong(offset);
      return this;
    }

    @Override
    public String toString() {
      ByteBuffer written = Base64.getUrlEncoder().withoutPadding().encode(bytes.duplicate().flip());
      return PREFIX + StandardCharsets.US_ASCII.decode(written);
    }
  }

  @Override
  public String toString() {
    Encoder encoder = new Encoder(byName.size());
    byName.forEach((name, position) -> encoder.add(name, position.epoch(), position.offset()));
    return encoder.toString();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Positions positions && positions.byName.equals(byName);
  }

  @Override
  public int hashCode() {
    return byName.hashCode();
  }

  private static RequestException unreadable() {
    return new RequestException(
        ErrorCode.INVALID_POSITION,
        "this is no position of several channels: hand back the last id of the stream as it was given, m1.…");
  }
}
