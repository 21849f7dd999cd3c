package io.tailwater.system.clients;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.Json;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of a WebSocket, byte by byte, so that it can break every rule. Answers nothing
 * by itself.
 */
public final class WsPeer implements AutoCloseable {
  public static final int FINAL = 0x80;
  static final int RSV1 = 0x40;
  public static final int CONTINUATION = 0x0;
  public static final int TEXT = 0x1;
  public static final int BINARY = 0x2;
  static final int CLOSE = 0x8;
  public static final int PING = 0x9;
  public static final int PONG = 0xa;

  private static final int READ_LIMIT_MS = 30_000;
  private static final byte[] MASK = {0x12, 0x34, (byte) 0xab, (byte) 0xcd};

  private final Socket socket;
  private final DataInputStream input;
  private int status;
  private final Map<String, String> headers = new HashMap<>();
  private final ArrayDeque<JsonNode> kept = new ArrayDeque<>();

  private WsPeer(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(READ_LIMIT_MS);
    this.input = new DataInputStream(socket.getInputStream());
    readHead();
  }

  /** Reads the head of the answer to the next request. */
  public void nextHead() {
    try {
      readHead();
    } catch (IOException e) {
      throw new IllegalStateException("no further answer", e);
    }
  }

  /** Passes over the body of an answer. */
  public void skip(int bytes) {
    try {
      input.skipNBytes(bytes);
    } catch (IOException e) {
      throw new IllegalStateException("no body", e);
    }
  }

  private void readHead() throws IOException {
    headers.clear();
    status = Integer.parseInt(line().split(" ")[1]);
    for (String line = line(); !line.isEmpty(); line = line()) {
      String[] header = line.split(": ?", 2);
      headers.put(header[0].toLowerCase(java.util.Locale.ROOT), header[1]);
    }
  }

  /** A frame of the server. */
  public record Frame(int first, byte[] payload) {
    public int opcode() {
      return first & 0xf;
    }

    public boolean compressed() {
      return (first & RSV1) != 0;
    }

    public String text() {
      return new String(payload, StandardCharsets.UTF_8);
    }
  }

  /** Connects as a client that offers neither subprotocol nor extension. */
  public static WsPeer connect(URI gateway, String... headers) {
    return request(gateway, "/v1/ws", headers);
  }

  /**
   * Sends the handshake and reads its answer.
   *
   * @param headers besides those that every handshake has, each a line
   */
  public static WsPeer request(URI gateway, String pathAndQuery, String... headers) {
    return raw(gateway, handshake(gateway, pathAndQuery, headers), 0);
  }

  private static String handshake(URI gateway, String pathAndQuery, String... headers) {
    return "GET "
        + pathAndQuery
        + " HTTP/1.1\r\nHost: "
        + gateway.getAuthority()
        + "\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        + String.join("", List.of(headers).stream().map(line -> line + "\r\n").toList())
        + "\r\n";
  }

  /** Sends the handshake with these text messages right behind it, in one piece. */
  public static WsPeer pipelined(URI gateway, List<String> headers, List<String> messages) {
    return pipelined(gateway, "", headers, messages);
  }

  /** As {@link #pipelined(URI, List, List)}, with a request before the handshake. */
  public static WsPeer pipelined(
      URI gateway, String before, List<String> headers, List<String> messages) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(before.getBytes(StandardCharsets.UTF_8));
    bytes.writeBytes(
        handshake(gateway, "/v1/ws", headers.toArray(String[]::new))
            .getBytes(StandardCharsets.UTF_8));
    for (String message : messages) {
      ByteBuffer frame = frame(FINAL | TEXT, message.getBytes(StandardCharsets.UTF_8));
      bytes.write(frame.array(), 0, frame.limit());
    }
    return raw(gateway, bytes.toByteArray(), 0);
  }

  /** As {@link #connect}, from another address of this machine. */
  public static WsPeer from(InetAddress address, URI gateway, String... headers) {
    try {
      Socket socket = StreamConnection.connect(gateway, 0, address);
      socket
          .getOutputStream()
          .write(handshake(gateway, "/v1/ws", headers).getBytes(StandardCharsets.UTF_8));
      return new WsPeer(socket);
    } catch (IOException e) {
      throw new IllegalStateException("no answer to the handshake", e);
    }
  }

  /** As {@link #connect}, with next to no room in the kernel for what is not read. */
  public static WsPeer unread(URI gateway, String... headers) {
    return raw(gateway, handshake(gateway, "/v1/ws", headers), 4096);
  }

  /**
   * @param receiveBytes size of the kernel's receive buffer, 0 for the usual
   */
  public static WsPeer raw(URI gateway, String request, int receiveBytes) {
    return raw(gateway, request.getBytes(StandardCharsets.UTF_8), receiveBytes);
  }

  private static WsPeer raw(URI gateway, byte[] request, int receiveBytes) {
    try {
      Socket socket = StreamConnection.connect(gateway, receiveBytes);
      socket.getOutputStream().write(request);
      return new WsPeer(socket);
    } catch (IOException e) {
      throw new IllegalStateException("no answer to the handshake", e);
    }
  }

  public int status() {
    return status;
  }

  /** A header of the answer, by its lower-case name; empty if it is not there. */
  public String header(String name) {
    return headers.getOrDefault(name, "");
  }

  /** Sends a text frame. */
  public WsPeer text(String text) {
    return send(FINAL | TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends a frame, masked as it is to be. */
  public WsPeer send(int first, byte[] payload) {
    return raw(frame(first, payload));
  }

  /** A frame, masked as it is to be. */
  public static ByteBuffer frame(int first, byte[] payload) {
    byte[] masked = payload.clone();
    for (int i = 0; i < masked.length; i++) {
      masked[i] ^= MASK[i % MASK.length];
    }
    ByteBuffer frame = ByteBuffer.allocate(payload.length + 14).put((byte) first);
    if (payload.length < 126) {
      frame.put((byte) (0x80 | payload.length));
    } else if (payload.length < 65_536) {
      frame.put((byte) (0x80 | 126)).putShort((short) payload.length);
    } else {
      frame.put((byte) (0x80 | 127)).putLong(payload.length);
    }
    return frame.put(MASK).put(masked).flip();
  }

  /** Sends bytes as they are. */
  public WsPeer raw(ByteBuffer bytes) {
    try {
      socket.getOutputStream().write(bytes.array(), 0, bytes.limit());
    } catch (IOException e) {
      throw new IllegalStateException("the gateway takes nothing more", e);
    }
    return this;
  }

  /** The next frame; null when the connection has ended. */
  public @Nullable Frame read() {
    try {
      int first = input.read();
      if (first < 0) {
        return null;
      }
      int length = input.readUnsignedByte();
      if (length > 127) {
        throw new IllegalStateException("the server masks");
      }
      long payload = length == 126 ? input.readUnsignedShort() : length;
      if (length == 127) {
        payload = input.readLong();
      }
      byte[] bytes = new byte[Math.toIntExact(payload)];
      input.readFully(bytes);
      return new Frame(first, bytes);
    } catch (EOFException | SocketException e) {
      return null;
    } catch (IOException e) {
      throw new IllegalStateException("nothing came", e);
    }
  }

  /** The next data frame; pings before it are answered. */
  public Frame next() {
    while (true) {
      Frame frame = read();
      if (frame == null || frame.opcode() == CLOSE) {
        throw new IllegalStateException(
            "closed" + (frame == null ? "" : " with " + code(frame) + frame.text()));
      }
      if (frame.opcode() == TEXT || frame.opcode() == BINARY) {
        return frame;
      }
      if (frame.opcode() == PING) {
        send(FINAL | PONG, frame.payload());
      }
    }
  }

  /** Puts a frame aside that is looked at later. */
  public void keep(JsonNode frame) {
    kept.add(frame);
  }

  /** The first frame that was put aside; null if there is none. */
  public @Nullable JsonNode kept() {
    return kept.poll();
  }

  /** The next frame as JSON. */
  public JsonNode json() {
    String text = next().text();
    try {
      return Json.read(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("no JSON: " + text, e);
    }
  }

  /** The next frame of this kind, those put aside first, others passed over. */
  public JsonNode await(String kind) {
    for (JsonNode aside = kept.poll(); aside != null; aside = kept.poll()) {
      if (aside.has(kind)) {
        return aside;
      }
    }
    JsonNode frame = json();
    while (!frame.has(kind)) {
      frame = json();
    }
    return frame;
  }

  /** The code of the close that comes, whatever comes before it; -1 if none comes. */
  public int closed() {
    for (Frame frame = read(); frame != null; frame = read()) {
      if (frame.opcode() == CLOSE) {
        return code(frame);
      }
    }
    return -1;
  }

  /** Answers a close, and sees the end of the connection. */
  public void echoAndEnd(int code) {
    send(FINAL | CLOSE, ByteBuffer.allocate(2).putShort((short) code).array());
    awaitEnd();
  }

  /** Sees the end of the connection. */
  void awaitEnd() {
    Frame frame = read();
    while (frame != null) {
      frame = read();
    }
  }

  private static int code(Frame close) {
    return close.payload().length < 2 ? 1005 : ByteBuffer.wrap(close.payload()).getShort() & 0xffff;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = input.read(); next != '\n'; next = input.read()) {
      if (next < 0) {
        throw new EOFException("no answer to the handshake");
      }
      line.append((char) next);
    }
    return line.toString().strip();
  }

  @Override
  public void close() {
    StreamConnection.cut(socket, Cut.CLOSE);
  }
}
