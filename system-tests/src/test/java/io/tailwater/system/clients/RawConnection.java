package io.tailwater.system.clients;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A connection on which a test sends what it likes, byte by byte, and reads the answers one after
 * another. For one thread.
 */
public final class RawConnection implements AutoCloseable {
  private final URI server;
  private final Socket socket;
  private final InputStream input;

  private RawConnection(URI server, Socket socket) throws IOException {
    this.server = server;
    this.socket = socket;
    this.input = new BufferedInputStream(socket.getInputStream());
  }

  public static RawConnection open(URI server) {
    try {
      return new RawConnection(server, StreamConnection.connect(server, 0));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A connection from another address of this machine, with next to no room in the kernel for what
   * is not read.
   */
  public static RawConnection open(URI server, InetAddress from) throws IOException {
    return new RawConnection(server, StreamConnection.connect(server, 4_096, from));
  }

  /** A request without a body, with the server's own name as {@code Host}. */
  public static String get(URI server, String path, String... headers) {
    return request(server, "GET", path, null, headers);
  }

  /** A publication of JSON. */
  public static String post(URI server, String path, String body, String... headers) {
    return request(server, "POST", path, body, headers);
  }

  private static String request(
      URI server, String method, String path, @Nullable String body, String... headers) {
    StringBuilder request =
        new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: " + server.getAuthority());
    for (String header : headers) {
      request.append("\r\n").append(header);
    }
    if (body != null) {
      request
          .append("\r\nContent-Type: application/json\r\nContent-Length: ")
          .append(body.getBytes(StandardCharsets.UTF_8).length);
    }
    return request.append("\r\n\r\n").append(body == null ? "" : body).toString();
  }

  /** Sends text, each character as one byte. */
  public RawConnection send(String text) {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Sends bytes. A server that takes no more of them may have answered all the same. */
  public RawConnection send(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
      socket.getOutputStream().flush();
    } catch (SocketException e) {
      // The answer says why.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /**
   * Sends bytes.
   *
   * @throws IOException once the server takes no more
   */
  public void flood(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** Sends no more, and still reads. */
  public RawConnection halfClose() {
    try {
      socket.shutdownOutput();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return this;
  }

  /** The next answer with its body, which has a length or the end of the connection as its end. */
  public Http.Answer answer() {
    return answer(true);
  }

  /** The head of the next answer; for one that has no body, or whose body never ends. */
  public Http.Answer head() {
    return answer(false);
  }

  private Http.Answer answer(boolean withBody) {
    try {
      String status = line();
      Map<String, List<String>> headers = new HashMap<>();
      for (String line = line(); !line.isEmpty(); line = line()) {
        String[] header = line.split(": ?", 2);
        headers.put(header[0].toLowerCase(Locale.ROOT), List.of(header[1]));
      }
      HttpHeaders all = HttpHeaders.of(headers, (name, value) -> true);
      int code = Integer.parseInt(status.split(" ")[1]);
      boolean empty = !withBody || code < 200 || code == 204;
      return new Http.Answer(code, all, empty ? "" : body(all));
    } catch (IOException e) {
      throw new UncheckedIOException("no answer from " + server, e);
    }
  }

  private String body(HttpHeaders headers) throws IOException {
    byte[] body =
        headers.firstValue("content-length").isPresent()
            ? input.readNBytes((int) headers.firstValueAsLong("content-length").orElseThrow())
            : input.readAllBytes();
    return new String(body, StandardCharsets.UTF_8);
  }

  /** The next line of what comes. */
  public String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int next = input.read(); next != '\n'; next = input.read()) {
      if (next < 0) {
        throw new EOFException("the connection ended after '" + line + "'");
      }
      line.write(next);
    }
    return line.toString(StandardCharsets.UTF_8).stripTrailing();
  }

  /** Reads to the end of the connection and keeps nothing. */
  public void discard() {
    try {
      input.transferTo(OutputStream.nullOutputStream());
    } catch (SocketException e) {
      // It has ended.
    } catch (IOException e) {
      throw new UncheckedIOException("the connection does not end", e);
    }
  }

  /** Reads to the end of the connection and returns what came before it. */
  public String rest() {
    try {
      return new String(input.readAllBytes(), StandardCharsets.UTF_8);
    } catch (SocketException e) {
      return "";
    } catch (IOException e) {
      throw new UncheckedIOException("the connection does not end", e);
    }
  }

  @Override
  public void close() {
    StreamConnection.cut(socket, Cut.CLOSE);
  }
}
