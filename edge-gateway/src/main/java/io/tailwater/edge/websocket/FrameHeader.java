package io.tailwater.edge.websocket;

import io.netty.buffer.ByteBuf;

/** Stateless: writes the header of a frame that the server sends, final and unmasked. */
public final class FrameHeader {
  /** Opcode of a message that is text. */
  public static final int TEXT = 0x1;

  /** Opcode of a message that is bytes. */
  public static final int BINARY = 0x2;

  static final int CLOSE = 0x8;
  static final int PING = 0x9;
  static final int PONG = 0xa;

  /** Added to the opcode of a compressed message. */
  static final int COMPRESSED = 0x40;

  /** Longest header, bytes. */
  public static final int MAX_BYTES = 10;

  /** The bits of a frame's first byte that are its opcode. */
  static final int OPCODE = 0xf;

  private static final int FINAL = 0x80;
  private static final int MAX_SHORT = 125;
  private static final int MAX_UNSIGNED_SHORT = 0xffff;
  private static final int SHORT_FOLLOWS = 126;
  private static final int LONG_FOLLOWS = 127;

  private FrameHeader() {}

  /** How many bytes the header of such a payload has. */
  static int size(int payload) {
    return payload <= MAX_SHORT ? 2 : payload <= MAX_UNSIGNED_SHORT ? 4 : MAX_BYTES;
  }

  /**
   * Appends a header.
   *
   * @param payload how many bytes follow it
   */
  public static void write(int opcode, int payload, ByteBuf out) {
    out.writeByte(FINAL | opcode);
    if (payload <= MAX_SHORT) {
      out.writeByte(payload);
    } else if (payload <= MAX_UNSIGNED_SHORT) {
      out.writeByte(SHORT_FOLLOWS).writeShort(payload);
    } else {
      out.writeByte(LONG_FOLLOWS).writeLong(payload);
    }
  }
}
