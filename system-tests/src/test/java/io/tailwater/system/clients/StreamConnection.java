package io.tailwater.system.clients;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One GET over a socket of its own, whose answer is read as it comes. A plain socket, so that it
 * can be reset, left unread and closed like a browser's that is gone. Read by one thread; {@link
 * #cut} may be called by any.
 */
public final class StreamConnection implements AutoCloseable {
  private static final int CONNECT_LIMIT_MS = 2_000;
  // A stream has a heartbeat every 15 s.
  private static final int READ_LIMIT_MS = 45_000;
  private static final int MOST_HEAD_BYTES = 32_768;

  private final Socket socket;
  private final InputStream input;
  private final int status;
  private final Map<String, String> headers;
  private final boolean chunked;
  // Bytes left of this chunk or of the body; negative: until the end of the connection.
  private long left;
  private boolean ended;

  private StreamConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.input = new BufferedInputStream(socket.getInputStream(), 16_384);
    String[] head = readHead().split("\r\n");
    this.status = Integer.parseInt(head[0].split(" ")[1]);
    this.headers = headers(head);
    this.chunked = headers.getOrDefault("transfer-encoding", "").equals("chunked");
    this.left =
        chunked
            ? 0
            : Long.parseLong(headers.getOrDefault("content-length", hasBody() ? "-1" : "0"));
  }

  /**
   * A socket that is connected, so that it can be cut before its answer is there.
   *
   * @param receiveBytes size of the kernel's receive buffer, 0 for the usual
   */
  public static Socket connect(URI server, int receiveBytes) throws IOException {
    return connect(server, receiveBytes, null);
  }

  /**
   * As {@link #connect(URI, int)}, from an address of this machine.
   *
   * @param from null for the usual one
   */
  static Socket connect(URI server, int receiveBytes, @Nullable InetAddress from)
      throws IOException {
    Socket socket = new Socket();
    if (from != null) {
      socket.bind(new InetSocketAddress(from, 0));
    }
    if (receiveBytes > 0) {
      socket.setReceiveBufferSize(receiveBytes);
    }
    try {
      socket.connect(new InetSocketAddress(server.getHost(), server.getPort()), CONNECT_LIMIT_MS);
      socket.setSoTimeout(READ_LIMIT_MS);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** Sends the request and returns when the head of the answer is there. */
  static StreamConnection get(
      Socket socket, URI server, String pathAndQuery, Map<String, String> headers)
      throws IOException {
    StringBuilder request = new StringBuilder("GET " + pathAndQuery + " HTTP/1.1\r\nHost: ");
    request.append(server.getHost()).append(':').append(server.getPort()).append("\r\n");
    headers.forEach((name, value) -> request.append(name + ": " + value + "\r\n"));
    return send(socket, request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
  }

  /** Sends these bytes and returns when the head of the answer is there. */
  static StreamConnection send(Socket socket, byte[] request) throws IOException {
    socket.getOutputStream().write(request);
    return new StreamConnection(socket);
  }

  int status() {
    return status;
  }

  /** The headers of the answer by their lower-case names; of a repeated one, the last. */
  Map<String, String> headers() {
    return headers;
  }

  /** A header of the answer, by its lower-case name; empty if it is not there. */
  String header(String name) {
    return headers.getOrDefault(name, "");
  }

  /** Reads what there is of the body; -1 at its end. */
  int read(byte[] buffer) throws IOException {
    if (chunked && left == 0 && !ended) {
      left = nextChunk();
      if (left == 0) {
        readLine();
        ended = true;
      }
    }
    if (left == 0) {
      return -1;
    }
    int most = left < 0 ? buffer.length : (int) Math.min(buffer.length, left);
    int read = input.read(buffer, 0, most);
    if (read < 0 && left > 0) {
      throw new EOFException("the answer ends in its middle");
    }
    if (read > 0 && left > 0) {
      left -= read;
      if (chunked && left == 0) {
        readLine();
      }
    }
    return read;
  }

  /** The whole body, for answers that end. */
  String body() throws IOException {
    StringBuilder text = new StringBuilder();
    byte[] buffer = new byte[4096];
    for (int read = read(buffer); read >= 0; read = read(buffer)) {
      text.append(new String(buffer, 0, read, StandardCharsets.UTF_8));
    }
    return text.toString();
  }

  /** Ends a connection at once, whatever is under way. */
  public static void cut(Socket socket, Cut how) {
    try {
      if (how == Cut.RESET) {
        socket.setSoLinger(true, 0);
      }
      socket.close();
    } catch (IOException e) {
      // It is gone already, which is what was wanted.
    }
  }

  @Override
  public void close() {
    cut(socket, Cut.CLOSE);
  }

  private boolean hasBody() {
    return status != 204 && status != 304;
  }

  private long nextChunk() throws IOException {
    return Long.parseLong(readLine().split(";")[0].trim(), 16);
  }

  private String readLine() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int next = input.read(); next != '\n'; next = input.read()) {
      if (next < 0) {
        throw new EOFException("the answer ends in the middle of a line");
      }
      line.append((char) next);
    }
    return line.toString();
  }

  private String readHead() throws IOException {
    StringBuilder head = new StringBuilder();
    for (String line = readLine(); !line.equals("\r"); line = readLine()) {
      head.append(line).append('\n');
      if (head.length() > MOST_HEAD_BYTES) {
        throw new IOException("the head of the answer has no end");
      }
    }
    return head.toString();
  }

  private static Map<String, String> headers(String[] head) {
    Map<String, String> headers = new TreeMap<>();
    for (int i = 1; i < head.length; i++) {
      int colon = head[i].indexOf(':');
      headers.put(
          head[i].substring(0, colon).toLowerCase(Locale.ROOT),
          head[i].substring(colon + 1).trim());
    }
    return headers;
  }
}
