package io.tailwater.edge.ws;

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
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** How frames are written: {@code tailwater.v1.json} or {@code tailwater.v1.protobuf}. */
enum Subprotocol {
  JSON("tailwater.v1.json", FrameHeader.TEXT, WsFormat.JSON),
  PROTOBUF("tailwater.v1.protobuf", FrameHeader.BINARY, WsFormat.PROTOBUF);

  private final String wire;
  private final int opcode;
  private final WsFormat events;

  Subprotocol(String wire, int opcode, WsFormat events) {
    this.wire = wire;
    this.opcode = opcode;
    this.events = events;
  }

  /**
   * The first of those offered that is known; null if none is offered at all, which means JSON.
   *
   * @param offered the values of {@code Sec-WebSocket-Protocol}
   * @throws RequestException if only unknown ones are
   */
  static @Nullable Subprotocol of(List<String> offered) {
    List<String> names =
        offered.stream()
            .flatMap(line -> Arrays.stream(line.split(",")))
            .map(String::trim)
            .filter(name -> !name.isEmpty())
            .toList();
    if (names.isEmpty()) {
      return null;
    }
    for (String name : names) {
      for (Subprotocol known : values()) {
        if (known.wire.equals(name)) {
          return known;
        }
      }
    }
    throw new RequestException(
        ErrorCode.INVALID_REQUEST,
        "Sec-WebSocket-Protocol names none that is spoken here: "
            + Arrays.stream(values()).map(Subprotocol::wire).collect(Collectors.joining(", ")));
  }

  String wire() {
    return wire;
  }

  int opcode() {
    return opcode;
  }

  WsFormat events() {
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
      return ClientMessage.unreadable("this is no ClientFrame of frames.proto");
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
