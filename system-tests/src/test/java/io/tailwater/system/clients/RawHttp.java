package io.tailwater.system.clients;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Requests that an HTTP client would refuse to send, over a socket of their own. */
public final class RawHttp {
  private RawHttp() {}

  /**
   * Sends a request, byte by byte as it is here, and returns the answer.
   *
   * @param head the request line and the headers, without {@code Connection} and {@code
   *     Content-Length}; without a {@code Host}, the server's own is added
   * @param body empty for none
   */
  public static Http.Answer send(URI server, List<String> head, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    List<String> lines = new ArrayList<>(head);
    if (head.stream().noneMatch(line -> line.regionMatches(true, 0, "Host:", 0, 5))) {
      lines.add("Host: " + server.getAuthority());
    }
    lines.add("Connection: close");
    if (bytes.length > 0) {
      lines.add("Content-Length: " + bytes.length);
    }
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(
        (String.join("\r\n", lines) + "\r\n\r\n").getBytes(StandardCharsets.ISO_8859_1));
    request.writeBytes(bytes);
    try (Socket socket = StreamConnection.connect(server, 0)) {
      StreamConnection answer = StreamConnection.send(socket, request.toByteArray());
      Map<String, List<String>> headers = new HashMap<>();
      answer.headers().forEach((name, value) -> headers.put(name, List.of(value)));
      return new Http.Answer(
          answer.status(),
          HttpHeaders.of(headers, (name, value) -> true),
          head.getFirst().startsWith("HEAD ") ? "" : answer.body());
    } catch (IOException e) {
      throw new IllegalStateException("no answer to " + head.getFirst(), e);
    }
  }
}
