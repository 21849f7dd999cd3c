package io.tailwater.edge.connection;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.ByteProcessor;
import io.tailwater.contract.EntryText;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.Event;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * The JSON of an event, as the contract shows it. What it writes is one line, for every parser's
 * idea of a line: raw line breaks of a publisher's JSON become spaces, and U+0085, U+2028 and
 * U+2029 are escaped.
 */
public final class EventJson {
  private static final JsonStringEncoder QUOTING = JsonStringEncoder.getInstance();
  private static final byte[] U_0085 = ascii("\\u0085");
  private static final byte[] U_2028 = ascii("\\u2028");
  private static final byte[] U_2029 = ascii("\\u2029");

  /**
   * Finds what may not stand in a line as it is; the lead bytes C2 and E2 are looked at more
   * closely.
   */
  private static final ByteProcessor PLAIN =
      value -> value != '\n' && value != '\r' && value != (byte) 0xc2 && value != (byte) 0xe2;

  private EventJson() {}

  /**
   * Writes the whole event; an ephemeral one has no id.
   *
   * @param channel the full name
   */
  public static void writeEvent(String channel, Epoch epoch, Event event, ByteBuf out) {
    writeAllButData(channel, epoch, event, out);
    if (!event.getRedacted() && event.getOp() != EntryOp.DELETE) {
      out.writeCharSequence(",\"data\":", StandardCharsets.US_ASCII);
      writeData(event, out);
    }
    out.writeByte('}');
  }

  /** Writes the event without its data, for clients that get the data beside it. */
  public static void writeMeta(String channel, Epoch epoch, Event event, ByteBuf out) {
    writeAllButData(channel, epoch, event, out);
    out.writeByte('}');
  }

  private static void writeAllButData(String channel, Epoch epoch, Event event, ByteBuf out) {
    if (epoch.isEphemeral()) {
      out.writeCharSequence("{\"ephemeral\":true,\"channel\":", StandardCharsets.US_ASCII);
    } else {
      out.writeCharSequence("{\"id\":\"", StandardCharsets.US_ASCII);
      writeId(epoch, event.getOffset(), out);
      out.writeCharSequence("\",\"channel\":", StandardCharsets.US_ASCII);
    }
    writeString(channel, out);
    out.writeCharSequence(",\"type\":\"", StandardCharsets.US_ASCII);
    out.writeCharSequence(event.getType(), StandardCharsets.US_ASCII);
    out.writeByte('"');
    if (!event.getEvent().isEmpty()) {
      out.writeCharSequence(",\"event\":", StandardCharsets.US_ASCII);
      writeString(event.getEvent(), out);
    }
    if (!event.getBy().isEmpty()) {
      out.writeCharSequence(",\"by\":", StandardCharsets.US_ASCII);
      writeString(event.getBy(), out);
    }
    if (!event.getKey().isEmpty()) {
      out.writeCharSequence(",\"key\":", StandardCharsets.US_ASCII);
      writeString(event.getKey(), out);
    }
    out.writeCharSequence(",\"ts_ms\":", StandardCharsets.US_ASCII);
    out.writeCharSequence(Long.toString(event.getTsMs()), StandardCharsets.US_ASCII);
    if (event.getKind() == DataKind.BYTES) {
      out.writeCharSequence(",\"encoding\":\"base64\"", StandardCharsets.US_ASCII);
    }
    if (event.getCloses()) {
      out.writeCharSequence(",\"closed\":true", StandardCharsets.US_ASCII);
    }
    if (!event.getEntry().isEmpty()) {
      writeEntry(event, out);
    }
    if (event.hasOf()) {
      out.writeCharSequence(",\"of\":\"", StandardCharsets.US_ASCII);
      writeId(epoch, event.getOf(), out);
      out.writeByte('"');
    }
    if (event.getRedacted()) {
      out.writeCharSequence(",\"redacted\":true", StandardCharsets.US_ASCII);
    }
  }

  /** Writes what the event did to an entry of its channel's state. */
  private static void writeEntry(Event event, ByteBuf out) {
    out.writeCharSequence(",\"entry\":", StandardCharsets.US_ASCII);
    writeString(event.getEntry(), out);
    out.writeCharSequence(
        ",\"op\":\"" + EntryText.shown(event.getOp()) + "\"", StandardCharsets.US_ASCII);
    writeField("value", event.getValue(), out);
    writeField("added", event.getAdded(), out);
    writeField("removed", event.getRemoved(), out);
    if (event.getSuperseded()) {
      out.writeCharSequence(",\"superseded\":true", StandardCharsets.US_ASCII);
    }
  }

  private static void writeField(String name, ByteString json, ByteBuf out) {
    if (!json.isEmpty()) {
      out.writeCharSequence(",\"" + name + "\":", StandardCharsets.US_ASCII);
      writeLine(json.toByteArray(), out);
    }
  }

  /**
   * Writes the event's data as a JSON value, {@code null} for none; bytes as a string of base64.
   */
  public static void writeData(Event event, ByteBuf out) {
    if (event.getOp() == EntryOp.DELETE || event.getRedacted()) {
      out.writeCharSequence("null", StandardCharsets.US_ASCII);
      return;
    }
    switch (event.getKind()) {
      case JSON -> writeLine(event.getData().toByteArray(), out);
      case TEXT -> writeString(event.getData().toStringUtf8(), out);
      case BYTES, DATA_KIND_UNSPECIFIED, UNRECOGNIZED -> {
        out.writeByte('"');
        out.writeBytes(Base64.getEncoder().encode(event.getData().toByteArray()));
        out.writeByte('"');
      }
    }
  }

  /** Writes an event's id. */
  public static void writeId(Epoch epoch, long offset, ByteBuf out) {
    out.writeCharSequence(epoch.text(), StandardCharsets.US_ASCII);
    out.writeByte('-');
    out.writeCharSequence(Long.toString(offset), StandardCharsets.US_ASCII);
  }

  /** A JSON value as one line, for every parser's idea of a line. */
  public static String oneLine(ByteString json) {
    ByteBuf out = Unpooled.buffer(json.size() + 16);
    writeLine(json.toByteArray(), out);
    return out.toString(StandardCharsets.UTF_8);
  }

  /** A JSON string of this text. */
  public static String quoted(String text) {
    return "\"" + new String(QUOTING.quoteAsString(text)) + "\"";
  }

  /** Writes a JSON string. */
  public static void writeString(String text, ByteBuf out) {
    out.writeByte('"');
    writeLine(QUOTING.quoteAsUTF8(text), out);
    out.writeByte('"');
  }

  private static void writeLine(byte[] json, ByteBuf out) {
    int start = out.writerIndex();
    out.writeBytes(json);
    int odd = out.forEachByte(start, json.length, PLAIN);
    if (odd >= 0) {
      out.writerIndex(odd);
      writeEscaped(json, odd - start, out);
    }
  }

  private static void writeEscaped(byte[] json, int from, ByteBuf out) {
    for (int i = from; i < json.length; i++) {
      if (json[i] == '\n' || json[i] == '\r') {
        out.writeByte(' ');
      } else if (is(json, i, 0xc2, 0x85)) {
        out.writeBytes(U_0085);
        i++;
      } else if (is(json, i, 0xe2, 0x80, 0xa8)) {
        out.writeBytes(U_2028);
        i += 2;
      } else if (is(json, i, 0xe2, 0x80, 0xa9)) {
        out.writeBytes(U_2029);
        i += 2;
      } else {
        out.writeByte(json[i]);
      }
    }
  }

  private static boolean is(byte[] bytes, int at, int... wanted) {
    if (at + wanted.length > bytes.length) {
      return false;
    }
    for (int i = 0; i < wanted.length; i++) {
      if (bytes[at + i] != (byte) wanted[i]) {
        return false;
      }
    }
    return true;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
