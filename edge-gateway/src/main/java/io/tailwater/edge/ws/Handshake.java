package io.tailwater.edge.ws;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client and this server agree on (RFC 6455, section 4).
 *
 * @param headers of the answer, besides the upgrade itself
 */
record Handshake(Subprotocol subprotocol, boolean compression, Map<String, String> headers) {
  /** The protocol's name in {@code Upgrade}. */
  static final String PROTOCOL = "websocket";

  /** The only version. */
  static final String VERSION = "13";

  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int KEY_BYTES = 16;

  /** Whether a request asks for the protocol and version that is spoken here. */
  static boolean isAskedFor(HttpRequest<?> request) {
    HttpHeaders headers = request.getHeaders();
    return hasToken(headers, HttpHeaders.UPGRADE, PROTOCOL)
        && hasToken(headers, HttpHeaders.CONNECTION, "upgrade")
        && VERSION.equals(headers.get("Sec-WebSocket-Version"));
  }

  /**
   * Agrees.
   *
   * @throws RequestException {@code invalid_request}
   */
  static Handshake of(HttpRequest<?> request) {
    String key = request.getHeaders().get("Sec-WebSocket-Key");
    if (key == null || !isKey(key)) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, "Sec-WebSocket-Key is to be 16 bytes as base64");
    }
    Subprotocol chosen = Subprotocol.of(request.getHeaders().getAll("Sec-WebSocket-Protocol"));
    boolean compression =
        PerMessageDeflate.isOffered(
            String.join(",", request.getHeaders().getAll("Sec-WebSocket-Extensions")));
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Sec-WebSocket-Accept", accept(key));
    if (chosen != null) {
      headers.put("Sec-WebSocket-Protocol", chosen.wire());
    }
    if (compression) {
      headers.put("Sec-WebSocket-Extensions", PerMessageDeflate.ACCEPTED);
    }
    return new Handshake(orJson(chosen), compression, headers);
  }

  private static Subprotocol orJson(@Nullable Subprotocol chosen) {
    return chosen == null ? Subprotocol.JSON : chosen;
  }

  private static boolean hasToken(HttpHeaders headers, String name, String token) {
    return headers.getAll(name).stream()
        .flatMap(line -> Arrays.stream(line.split(",")))
        .anyMatch(value -> value.trim().equalsIgnoreCase(token));
  }

  private static boolean isKey(String key) {
    try {
      return Base64.getDecoder().decode(key).length == KEY_BYTES;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static String accept(String key) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1")
              .digest((key + GUID).getBytes(StandardCharsets.US_ASCII));
      return Base64.getEncoder().encodeToString(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }
}
