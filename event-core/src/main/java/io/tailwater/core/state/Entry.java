package io.tailwater.core.state;

import com.google.protobuf.ByteString;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.StateEntry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Immutable: an entry of a channel's state, or the mark that a deleted entry leaves.
 *
 * @param version the offset of the event that last wrote it
 * @param atMs the clock of that event's writer, or else the record's time
 * @param key that event's idempotency key; empty if it had none
 * @param by that event's publisher
 * @param tsMs that record's time
 */
public record Entry(Value value, long version, long atMs, String key, String by, long tsMs) {
  private static final byte REGISTER = 1;
  private static final byte COUNTER = 2;
  private static final byte ELEMENTS = 3;
  private static final byte GONE = 4;

  /** Whether readers see it; a mark is not seen. */
  public boolean isThere() {
    return !(value instanceof Value.Gone);
  }

  /** The entry as other services read it. */
  public StateEntry toMessage(String name) {
    return StateEntry.newBuilder()
        .setEntry(name)
        .setVersion(version)
        .setData(value.data())
        .setKind(value.kind())
        .setBy(by)
        .setTsMs(tsMs)
        .build();
  }

  /** The offset of the version of an encoded entry. */
  public static long version(byte[] encoded) {
    return ByteBuffer.wrap(encoded).getLong();
  }

  /** The entry as it is stored: the same entry always has the same bytes. */
  public byte[] encode() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeLong(version);
      out.writeLong(atMs);
      out.writeLong(tsMs);
      write(key, out);
      write(by, out);
      write(value, out);
    } catch (IOException e) {
      throw new UncheckedIOException("bytes can be written to memory", e);
    }
    return bytes.toByteArray();
  }

  /** Reads what {@link #encode} wrote. */
  public static Entry decode(byte[] encoded) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(encoded))) {
      long version = in.readLong();
      long atMs = in.readLong();
      long tsMs = in.readLong();
      String key = text(in);
      String by = text(in);
      return new Entry(value(in), version, atMs, key, by, tsMs);
    } catch (IOException e) {
      throw new UncheckedIOException("the store holds an entry that cannot be read", e);
    }
  }

  private static void write(Value value, DataOutputStream out) throws IOException {
    switch (value) {
      case Value.Register(DataKind kind, ByteString data) -> {
        out.writeByte(REGISTER);
        out.writeByte(kind.getNumber());
        data.writeTo(out);
      }
      case Value.Counter(BigInteger sum) -> {
        out.writeByte(COUNTER);
        out.write(sum.toByteArray());
      }
      case Value.Elements(SortedMap<String, Long> elements) -> {
        out.writeByte(ELEMENTS);
        out.writeInt(elements.size());
        for (Map.Entry<String, Long> element : elements.entrySet()) {
          write(element.getKey(), out);
          out.writeLong(element.getValue());
        }
      }
      case Value.Gone() -> out.writeByte(GONE);
    }
  }

  private static Value value(DataInputStream in) throws IOException {
    return switch (in.readByte()) {
      case REGISTER -> {
        DataKind kind = DataKind.forNumber(in.readByte());
        yield new Value.Register(kind, ByteString.copyFrom(in.readAllBytes()));
      }
      case COUNTER -> new Value.Counter(new BigInteger(in.readAllBytes()));
      case ELEMENTS -> {
        SortedMap<String, Long> elements = new TreeMap<>();
        for (int left = in.readInt(); left > 0; left--) {
          String element = text(in);
          elements.put(element, in.readLong());
        }
        yield new Value.Elements(elements);
      }
      case GONE -> new Value.Gone();
      default -> throw new IOException("an unknown kind of value");
    };
  }

  private static void write(String text, DataOutputStream out) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }
}
