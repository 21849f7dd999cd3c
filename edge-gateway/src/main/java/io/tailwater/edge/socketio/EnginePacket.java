package io.tailwater.edge.socketio;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A packet of Engine.IO that a client has sent. Immutable.
 *
 * @param binary whether it is a message of bytes; all others are UTF-8
 * @param data what follows the type; not to be changed
 */
record EnginePacket(Type type, boolean binary, byte[] data) {
  /** The types, in the order of their digits. */
  enum Type {
    OPEN,
    CLOSE,
    PING,
    PONG,
    MESSAGE,
    UPGRADE,
    NOOP
  }

  /** Separates the packets of a payload. */
  static final byte SEPARATOR = 0x1e;

  /** Begins a packet of bytes in a payload, which follow as base64. */
  static final byte BASE64 = 'b';

  private static final Type[] TYPES = Type.values();

  /** Whether its data is this text. */
  boolean says(String text) {
    return Arrays.equals(data, text.getBytes(StandardCharsets.US_ASCII));
  }

  /** The message of bytes. */
  static EnginePacket bytes(byte[] data) {
    return new EnginePacket(Type.MESSAGE, true, data);
  }

  /** The packet in a text; null if it is not one. */
  static @Nullable EnginePacket text(byte[] text) {
    int digit = text.length == 0 ? -1 : text[0] - '0';
    return digit < 0 || digit >= TYPES.length
        ? null
        : new EnginePacket(TYPES[digit], false, Arrays.copyOfRange(text, 1, text.length));
  }

  /**
   * The packets of a payload, as polling clients send them; null if one of them is not a packet.
   */
  static @Nullable List<EnginePacket> payload(byte[] body) {
    List<EnginePacket> packets = new ArrayList<>(1);
    int start = 0;
    for (int i = 0; i <= body.length; i++) {
      if (i == body.length || body[i] == SEPARATOR) {
        EnginePacket packet = one(Arrays.copyOfRange(body, start, i));
        if (packet == null) {
          return null;
        }
        packets.add(packet);
        start = i + 1;
      }
    }
    return packets;
  }

  private static @Nullable EnginePacket one(byte[] text) {
    if (text.length == 0 || text[0] != BASE64) {
      return text(text);
    }
    try {
      return bytes(Base64.getDecoder().decode(withoutLineBreaks(text)));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The client in Java breaks base64 into lines. */
  private static byte[] withoutLineBreaks(byte[] text) {
    byte[] base64 = new byte[text.length - 1];
    int length = 0;
    for (int i = 1; i < text.length; i++) {
      if (text[i] != '\n' && text[i] != '\r') {
        base64[length++] = text[i];
      }
    }
    return Arrays.copyOf(base64, length);
  }
}
