package io.tailwater.system.clients;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket by hand, over a turn's plain socket, so that it can be reset and left unread. Refuses
 * what RFC 6455 does not allow a server. Confined to the reader's thread.
 */
final class WsConnection {
  static final int TEXT = 1;
  static final int BINARY = 2;
  private static final int CONTINUATION = 0;
  private static final int CLOSE = 8;
  private static final int PING = 9;
  private static final int PONG = 10;
  private static final String ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final byte[] DEFLATE_TAIL = {0, 0, (byte) 0xff, (byte) 0xff};
  private static final int MOST_CONTROL_BYTES = 125;

  /** A message. */
  record Message(int opcode, byte[] payload) {
    /**
     * @throws IllegalStateException if it is no UTF-8
     */
    String text() {
      try {
        return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload)).toString();
      } catch (CharacterCodingException e) {
        throw new IllegalStateException("a text that is no UTF-8", e);
      }
    }
  }

  /** How the server ended it; {@code code} is 1005 if it did not say. */
  record Closed(int code, String reason) {}

  private final Turn turn;
  private final StreamConnection stream;
  private final boolean compressed;
  private final byte[] buffer = new byte[8192];
  private int at;
  private int end;
  private @Nullable Closed closed;

  private WsConnection(Turn turn, StreamConnection stream, boolean compressed) {
    this.turn = turn;
    this.stream = stream;
    this.compressed = compressed;
  }

  /**
   * Shakes hands; null if the server refused, which the turn is told then.
   *
   * @param more headers of the request
   */
  static @Nullable WsConnection open(
      Turn turn, String subprotocol, boolean compression, Map<String, String> more)
      throws IOException {
    byte[] nonce = new byte[16];
    turn.random().nextBytes(nonce);
    String key = Base64.getEncoder().encodeToString(nonce);
    Map<String, String> headers = new LinkedHashMap<>(more);
    headers.put("Connection", "Upgrade");
    headers.put("Upgrade", "websocket");
    headers.put("Sec-WebSocket-Version", "13");
    headers.put("Sec-WebSocket-Key", key);
    headers.put("Sec-WebSocket-Protocol", subprotocol);
    headers.put(
        "Sec-WebSocket-Extensions",
        compression ? "permessage-deflate; server_no_context_takeover" : "");
    StreamConnection stream = turn.get("/v1/ws", headers);
    if (stream.status() != 101) {
      turn.giveUp(stream.status() + " " + stream.body());
      return null;
    }
    if (!stream.header("sec-websocket-accept").equals(accept(key))) {
      turn.violation("Sec-WebSocket-Accept is " + stream.header("sec-websocket-accept"));
    }
    if (!stream.header("sec-websocket-protocol").equals(subprotocol)) {
      turn.violation("Sec-WebSocket-Protocol is " + stream.header("sec-websocket-protocol"));
    }
    String extension = stream.header("sec-websocket-extensions");
    boolean compressed = extension.startsWith("permessage-deflate");
    if (compressed != !extension.isEmpty() || (compressed && !compression)) {
      turn.violation("Sec-WebSocket-Extensions is " + extension);
    }
    return new WsConnection(turn, stream, compressed);
  }

  private static String accept(String key) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-1")
              .digest((key + ACCEPT).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-1", e);
    }
  }

  void send(Message message) throws IOException {
    send(message.opcode(), message.payload());
  }

  private void send(int opcode, byte[] payload) throws IOException {
    ByteBuffer frame = ByteBuffer.allocate(14 + payload.length);
    frame.put((byte) (0x80 | opcode));
    if (payload.length <= MOST_CONTROL_BYTES) {
      frame.put((byte) (0x80 | payload.length));
    } else if (payload.length <= 0xffff) {
      frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
    } else {
      frame.put((byte) (0x80 | 127)).putLong(payload.length);
    }
    byte[] mask = new byte[4];
    turn.random().nextBytes(mask);
    frame.put(mask);
    for (int i = 0; i < payload.length; i++) {
      frame.put((byte) (payload[i] ^ mask[i % 4]));
    }
    byte[] bytes = new byte[frame.position()];
    frame.flip().get(bytes);
    turn.write(bytes);
  }

  /** The next message; null when the server has closed. Answers pings. */
  @Nullable Message next() throws IOException {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    int opcode = CONTINUATION;
    boolean deflated = false;
    while (true) {
      Frame frame = frame();
      switch (frame.opcode()) {
        case CLOSE -> {
          close(frame.payload());
          return null;
        }
        case PING -> send(PONG, frame.payload());
        case PONG -> {
          // Nobody asked for one, which is allowed.
        }
        case TEXT, BINARY, CONTINUATION -> {
          if ((frame.opcode() == CONTINUATION) == (opcode == CONTINUATION)) {
            throw new IllegalStateException("fragments out of order: " + frame.opcode());
          }
          if (opcode == CONTINUATION) {
            opcode = frame.opcode();
            deflated = frame.deflated();
          }
          message.write(frame.payload());
          if (frame.last()) {
            byte[] payload = message.toByteArray();
            return new Message(opcode, deflated ? inflated(payload) : payload);
          }
        }
        default -> throw new IllegalStateException("an opcode that nobody knows: " + frame);
      }
    }
  }

  /** How the server closed; null while it has not. */
  @Nullable Closed closed() {
    return closed;
  }

  private void close(byte[] payload) throws IOException {
    if (payload.length == 1) {
      throw new IllegalStateException("a close frame with half a code");
    }
    ByteBuffer said = ByteBuffer.wrap(payload);
    int code = payload.length == 0 ? 1005 : said.getShort() & 0xffff;
    closed = new Closed(code, StandardCharsets.UTF_8.decode(said).toString());
    send(CLOSE, payload);
  }

  private record Frame(boolean last, boolean deflated, int opcode, byte[] payload) {}

  private Frame frame() throws IOException {
    int first = octet();
    int second = octet();
    boolean last = (first & 0x80) != 0;
    boolean deflated = (first & 0x40) != 0;
    int opcode = first & 0x0f;
    long length = second & 0x7f;
    if ((first & 0x30) != 0 || (second & 0x80) != 0 || (deflated && !compressed)) {
      throw new IllegalStateException("reserved bits or a mask: " + first + " " + second);
    }
    if (opcode >= CLOSE && (!last || deflated || length > MOST_CONTROL_BYTES)) {
      throw new IllegalStateException("a control frame may not be so: " + first + " " + second);
    }
    if (length >= 126) {
      length = number(length == 126 ? 2 : 8);
    }
    byte[] payload = new byte[Math.toIntExact(length)];
    for (int done = 0; done < payload.length; ) {
      fill();
      int some = Math.min(end - at, payload.length - done);
      System.arraycopy(buffer, at, payload, done, some);
      at += some;
      done += some;
    }
    return new Frame(last, deflated, opcode, payload);
  }

  private long number(int bytes) throws IOException {
    long number = 0;
    for (int i = 0; i < bytes; i++) {
      number = number << 8 | octet();
    }
    return number;
  }

  private int octet() throws IOException {
    fill();
    return buffer[at++] & 0xff;
  }

  private void fill() throws IOException {
    if (at == end) {
      int read = turn.read(stream, buffer);
      if (read < 0) {
        throw new EOFException("the connection ended without a close frame");
      }
      at = 0;
      end = read;
    }
  }

  /** Each message for itself: the server keeps no context. */
  private static byte[] inflated(byte[] payload) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Inflater inflater = new Inflater(true)) {
      byte[] some = new byte[8192];
      for (byte[] input : new byte[][] {payload, DEFLATE_TAIL}) {
        inflater.setInput(input);
        for (int got = inflater.inflate(some); got > 0; got = inflater.inflate(some)) {
          out.write(some, 0, got);
        }
      }
      return out.toByteArray();
    } catch (DataFormatException e) {
      throw new IllegalStateException("a message that can't be inflated", e);
    }
  }
}
