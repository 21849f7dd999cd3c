package io.tailwater.contract;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Positions of several channels and patterns as one text: {@code m1.} and base64url of (hash of the
 * name, epoch, offset) for each channel, and of (hash of the text, {@value #PATTERN}, positions)
 * for each pattern. It belongs to names, not to their order. Immutable.
 */
public final class Positions {
  private static final String PREFIX = "m1.";
  private static final int MAX_BYTES_EACH = Long.BYTES + 1 + 16 + Long.BYTES;

  /** Stands where the length of an epoch stands for a channel. */
  private static final byte PATTERN = (byte) 0xff;

  private final Map<Long, Position> channels;
  private final Map<Long, PartitionPositions> patterns;

  private Positions(Map<Long, Position> channels, Map<Long, PartitionPositions> patterns) {
    this.channels = channels;
    this.patterns = patterns;
  }

  /** The positions of these channels. */
  public static Positions of(Map<Channel, Position> positions) {
    return of(positions, Map.of());
  }

  /** The positions of these channels and patterns. */
  public static Positions of(
      Map<Channel, Position> positions, Map<ChannelPattern, PartitionPositions> patterns) {
    Map<Long, Position> byName = HashMap.newHashMap(positions.size());
    positions.forEach((channel, position) -> byName.put(hash(channel), position));
    Map<Long, PartitionPositions> byText = HashMap.newHashMap(patterns.size());
    patterns.forEach((pattern, position) -> byText.put(hash(pattern), position));
    return new Positions(byName, byText);
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
      Map<Long, Position> channels = new HashMap<>();
      Map<Long, PartitionPositions> patterns = new HashMap<>();
      while (bytes.hasRemaining()) {
        long name = bytes.getLong();
        byte length = bytes.get();
        boolean twice =
            length == PATTERN
                ? patterns.put(name, PartitionPositions.read(bytes)) != null
                : channels.put(name, position(length & 0xff, bytes)) != null;
        if (twice) {
          throw unreadable();
        }
      }
      if (channels.isEmpty() && patterns.isEmpty()) {
        throw unreadable();
      }
      return new Positions(channels, patterns);
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw unreadable();
    }
  }

  private static Position position(int epochLength, ByteBuffer bytes) {
    byte[] epoch = new byte[epochLength];
    bytes.get(epoch);
    return new Position(new Epoch(new String(epoch, StandardCharsets.US_ASCII)), bytes.getLong());
  }

  /** The position of a channel, or null if this text did not know it. */
  public @Nullable Position get(Channel channel) {
    return channels.get(hash(channel));
  }

  /** The position of a pattern, or null if this text did not know it. */
  public @Nullable PartitionPositions get(ChannelPattern pattern) {
    return patterns.get(hash(pattern));
  }

  /** 64 bits of a SHA-256 over the name; compute it once where {@link Encoder} is used. */
  public static long hash(Scope scope) {
    return ByteBuffer.wrap(Sha256.of(scope.toString())).getLong();
  }

  /** Writes positions one after another, for a caller that holds them in its own shape. */
  public static final class Encoder {
    private ByteBuffer bytes;

    /** An encoder with room for this many channels; it grows for patterns. */
    public Encoder(int channels) {
      bytes = ByteBuffer.allocate(channels * MAX_BYTES_EACH);
    }

    /** Adds a channel by the {@link Positions#hash} of its name. */
    public Encoder add(long name, Epoch epoch, long offset) {
      byte[] text = epoch.text().getBytes(StandardCharsets.US_ASCII);
      room(MAX_BYTES_EACH).putLong(name).put((byte) text.length).put(text).putLong(offset);
      return this;
    }

    /** Adds a pattern by the {@link Positions#hash} of its text. */
    public Encoder add(long name, PartitionPositions positions) {
      room(Long.BYTES + 1 + positions.maxBytes()).putLong(name).put(PATTERN);
      positions.write(bytes);
      return this;
    }

    private ByteBuffer room(int more) {
      if (bytes.remaining() < more) {
        bytes = ByteBuffer.allocate(2 * bytes.capacity() + more).put(bytes.flip());
      }
      return bytes;
    }

    @Override
    public String toString() {
      ByteBuffer written = Base64.getUrlEncoder().withoutPadding().encode(bytes.duplicate().flip());
      return PREFIX + StandardCharsets.US_ASCII.decode(written);
    }
  }

  @Override
  public String toString() {
    Encoder encoder = new Encoder(channels.size());
    channels.forEach((name, position) -> encoder.add(name, position.epoch(), position.offset()));
    patterns.forEach(encoder::add);
    return encoder.toString();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Positions positions
        && positions.channels.equals(channels)
        && positions.patterns.equals(patterns);
  }

  @Override
  public int hashCode() {
    return 31 * channels.hashCode() + patterns.hashCode();
  }

  private static RequestException unreadable() {
    return new RequestException(
        ErrorCode.INVALID_POSITION,
        "this is no position of several channels: hand back the last id of the stream as it was given, m1.…");
  }
}
