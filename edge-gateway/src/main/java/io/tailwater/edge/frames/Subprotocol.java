package io.tailwater.edge.frames;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.ServerFrame;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How frames are written: {@code tailwater.v1.json} or {@code tailwater.v1.protobuf}. Immutable.
 */
enum Subprotocol {
  JSON("tailwater.v1.json", true, FramesFormat.JSON),
  PROTOBUF("tailwater.v1.protobuf", false, FramesFormat.PROTOBUF);

  private final String wire;
  private final boolean text;
  private final FramesFormat events;

  Subprotocol(String wire, boolean text, FramesFormat events) {
    this.wire = wire;
    this.text = text;
    this.events = events;
  }

  /** The names of all of them. */
  static List<String> names() {
    return Arrays.stream(values()).map(Subprotocol::wire).toList();
  }

  /**
   * The one with this name.
   *
   * @param name one of {@link #names}; null if the client names none, which means JSON
   */
  static Subprotocol of(@Nullable String name) {
    return name == null
        ? JSON
        : Arrays.stream(values())
            .filter(known -> known.wire.equals(name))
            .findFirst()
            .orElseThrow();
  }

  String wire() {
    return wire;
  }

  /** Whether its messages are text. */
  boolean text() {
    return text;
  }

  FramesFormat events() {
    return events;
  }

  /** Reads a frame. */
  ClientMessage read(ByteBuf message) {
    byte[] bytes = ByteBufUtil.getBytes(message);
    return switch (this) {
      case JSON -> FrameJson.read(bytes);
      case PROTOBUF -> protobuf(bytes);
    };
  }

  private static ClientMessage protobuf(byte[] bytes) {
    ClientFrame frame;
    try {
      frame = ClientFrame.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      return MalformedStrings.in(bytes);
    }
    return hasUnknownFields(frame)
        ? ClientMessage.refused(
            frame.getId(),
            new RequestException(
                ErrorCode.INVALID_REQUEST,
                "this frame has fields that frames.proto of this version does not"))
        : ClientMessage.of(frame);
  }

  private static boolean hasUnknownFields(Message message) {
    return !message.getUnknownFields().asMap().isEmpty()
        || message.getAllFields().values().stream()
            .anyMatch(value -> value instanceof Message part && hasUnknownFields(part));
  }

  /** Writes a frame. */
  void write(ServerFrame frame, ByteBuf out) {
    switch (this) {
      case JSON -> FrameJson.write(frame, out);
      case PROTOBUF -> out.writeBytes(frame.toByteArray());
    }
  }
}
