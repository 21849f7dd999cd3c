package io.tailwater.contract;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How far a pattern has been delivered: a position in each partition of its namespace. Its text,
 * {@code p1.} and base64url, is opaque to clients. Immutable.
 *
 * <p>The bytes are the number of epochs, the epochs, the number of partitions, and for each
 * partition its offset plus one as a variable-length integer. There is one epoch, unless the topic
 * was recreated a moment ago and some partitions were read before that. Only then the index of its
 * epoch precedes each offset.
 */
public final class PartitionPositions {
  /** Most partitions of a namespace with patterns. */
  public static final int MAX_PARTITIONS = 256;

  private static final String PREFIX = "p1.";
  private static final int MAX_EPOCH_BYTES = 1 + 16;
  private static final int MAX_OFFSET_BYTES = 1 + 9;

  private final List<Position> positions;

  private PartitionPositions(List<Position> positions) {
    this.positions = positions;
  }

  /** The positions of the partitions from 0 on, of which there is at least one. */
  public static PartitionPositions of(List<Position> positions) {
    if (positions.isEmpty() || positions.size() > MAX_PARTITIONS) {
      throw new IllegalArgumentException(positions.size() + " partitions; 1 to " + MAX_PARTITIONS);
    }
    return new PartitionPositions(List.copyOf(positions));
  }

  /** Whether a text is meant as the position of a pattern, readable or not. */
  public static boolean isForPattern(String text) {
    return text.startsWith(PREFIX);
  }

  /**
   * Reads what {@link #toString} wrote.
   *
   * @throws RequestException {@code invalid_position}
   */
  public static PartitionPositions parse(String text) {
    if (!isForPattern(text)) {
      throw unreadable();
    }
    try {
      ByteBuffer bytes =
          ByteBuffer.wrap(Base64.getUrlDecoder().decode(text.substring(PREFIX.length())));
      PartitionPositions positions = read(bytes);
      if (bytes.hasRemaining()) {
        throw unreadable();
      }
      return positions;
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw unreadable();
    }
  }

  /** How many partitions there are. */
  public int partitions() {
    return positions.size();
  }

  /** The position in a partition, 0 to {@link #partitions} - 1. */
  public Position get(int partition) {
    return positions.get(partition);
  }

  /** The most bytes that {@link #write} may need. */
  int maxBytes() {
    return 2 + 2 + positions.size() * (MAX_EPOCH_BYTES + MAX_OFFSET_BYTES);
  }

  void write(ByteBuffer out) {
    Set<Epoch> distinct = new LinkedHashSet<>();
    positions.forEach(position -> distinct.add(position.epoch()));
    List<Epoch> epochs = new ArrayList<>(distinct);
    writeNumber(epochs.size(), out);
    for (Epoch epoch : epochs) {
      byte[] text = epoch.text().getBytes(StandardCharsets.US_ASCII);
      out.put((byte) text.length).put(text);
    }
    writeNumber(positions.size(), out);
    for (Position position : positions) {
      if (epochs.size() > 1) {
        out.put((byte) epochs.indexOf(position.epoch()));
      }
      writeNumber(position.offset() + 1, out);
    }
  }

  /** Throws an unchecked exception of the buffer or of a value that is out of bounds. */
  static PartitionPositions read(ByteBuffer in) {
    List<Epoch> epochs = new ArrayList<>();
    for (long left = number(in, MAX_PARTITIONS); left > 0; left--) {
      byte[] text = new byte[in.get() & 0xff];
      in.get(text);
      epochs.add(new Epoch(new String(text, StandardCharsets.US_ASCII)));
    }
    List<Position> positions = new ArrayList<>();
    for (long left = number(in, MAX_PARTITIONS); left > 0; left--) {
      int epoch = epochs.size() > 1 ? in.get() & 0xff : 0;
      if (epoch >= epochs.size()) {
        throw new IllegalArgumentException("unknown epoch");
      }
      positions.add(new Position(epochs.get(epoch), number(in, Long.MAX_VALUE) - 1));
    }
    return of(positions);
  }

  private static void writeNumber(long number, ByteBuffer out) {
    long rest = number;
    while (rest > 0x7f) {
      out.put((byte) (rest & 0x7f | 0x80));
      rest >>>= 7;
    }
    out.put((byte) rest);
  }

  private static long number(ByteBuffer in, long most) {
    long number = 0;
    for (int shift = 0; shift < Long.SIZE - 1; shift += 7) {
      byte next = in.get();
      number |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        if (number < 0 || number > most) {
          throw new IllegalArgumentException("number out of bounds");
        }
        return number;
      }
    }
    throw new IllegalArgumentException("number too long");
  }

  @Override
  public String toString() {
    ByteBuffer bytes = ByteBuffer.allocate(maxBytes());
    write(bytes);
    ByteBuffer written = Base64.getUrlEncoder().withoutPadding().encode(bytes.flip());
    return PREFIX + StandardCharsets.US_ASCII.decode(written);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PartitionPositions same && same.positions.equals(positions);
  }

  @Override
  public int hashCode() {
    return positions.hashCode();
  }

  private static RequestException unreadable() {
    return new RequestException(
        ErrorCode.INVALID_POSITION,
        "the position of a pattern cannot be read: hand it back as it was given, p1.…");
  }
}
