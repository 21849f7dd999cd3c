package io.tailwater.edge.socketio;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.Event;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.connection.Payload;
import java.nio.charset.StandardCharsets;

/** Writes packets of Socket.IO. Stateless. */
final class SocketText {
  /** Before the positions in the last argument of every event. */
  static final String OFFSET = "tw.";

  /** Before names that the client's library keeps for itself. */
  private static final String OTHERWISE = "x.";

  /** Before names of the gateway's own events. */
  private static final String NOTICE = "tw.";

  private SocketText() {}

  /**
   * Writes what stands before the payload.
   *
   * @param id {@link SocketPacket#NO_ID} for none
   */
  static void head(
      SocketPacket.Type type, int attachments, String namespace, long id, ByteBuf out) {
    out.writeByte('0' + type.ordinal());
    if (type == SocketPacket.Type.BINARY_EVENT || type == SocketPacket.Type.BINARY_ACK) {
      ascii(attachments + "-", out);
    }
    if (!namespace.equals(SocketPacket.MAIN)) {
      out.writeCharSequence(namespace, StandardCharsets.UTF_8);
      out.writeByte(',');
    }
    if (id != SocketPacket.NO_ID) {
      ascii(Long.toString(id), out);
    }
  }

  /** Writes the beginning of an event: its name, its data, and no end yet. */
  static void begin(Event event, ByteBuf out) {
    begin(event.getEvent().isEmpty() ? event.getType() : otherwise(event.getEvent()), out);
    out.writeByte(',');
    if (isBytes(event)) {
      ascii(placeholder(0), out);
    } else {
      EventJson.writeData(event, out);
    }
  }

  /** What a publisher names an event must not look like what the gateway itself says. */
  private static String otherwise(String name) {
    return name.startsWith(NOTICE) ? OTHERWISE + name : name;
  }

  /** As {@link #begin(Event, ByteBuf)}, and what is known of the event besides. */
  static void beginWithMeta(String channel, Epoch epoch, Event event, ByteBuf out) {
    begin(event, out);
    out.writeByte(',');
    EventJson.writeMeta(channel, epoch, event, out);
  }

  /** Writes the beginning of an event: its name, and no comma yet. */
  static void begin(String name, ByteBuf out) {
    ascii("[", out);
    EventJson.writeString(SocketPacket.RESERVED.contains(name) ? OTHERWISE + name : name, out);
  }

  /**
   * Writes the arguments of an event or an acknowledgement.
   *
   * @param before stands before the first, if there is one
   */
  static void arguments(String before, Payload payload, ByteBuf out) {
    ByteString data = payload.data();
    switch (payload.kind()) {
      case JSON -> {
        ascii(before, out);
        append(data, out);
      }
      case BYTES -> ascii(before + placeholder(0), out);
      case ARGUMENTS -> {
        int end = data.size() - 1;
        if (!data.substring(1, end).toStringUtf8().isBlank()) {
          ascii(before, out);
          int at = 1;
          for (int i = 0; i < payload.pieces().size(); i++) {
            Payload.Piece piece = payload.pieces().get(i);
            append(data.substring(at, piece.start()), out);
            ascii(placeholder(i), out);
            at = piece.end();
          }
          append(data.substring(at, end), out);
        }
      }
    }
  }

  private static void append(ByteString text, ByteBuf out) {
    out.writeBytes(text.asReadOnlyByteBuffer());
  }

  private static String placeholder(int number) {
    return "{\"_placeholder\":true,\"num\":" + number + "}";
  }

  /** Writes the end of an event: the positions that the client hands back. */
  static void end(String positions, ByteBuf out) {
    ascii(",\"" + OFFSET + positions + "\"]", out);
  }

  /** Whether an event's data is an attachment. */
  static boolean isBytes(Event event) {
    return event.getKind() != DataKind.JSON
        && event.getKind() != DataKind.TEXT
        && event.getOp() != EntryOp.DELETE
        && !event.getRedacted();
  }

  private static void ascii(String text, ByteBuf out) {
    out.writeCharSequence(text, StandardCharsets.US_ASCII);
  }
}
