package io.tailwater.edge.websocket;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.http.Problems;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a client and this server agree on (RFC 6455, section 4). Immutable.
 *
 * @param subprotocol the first that the client offers and the server speaks; null if it offers none
 * @param compression whether messages may be compressed, and which answer that has
 * @param headers of the answer, besides the upgrade itself and the compression
 */
public record Handshake(
    @Nullable String subprotocol, Compression compression, Map<String, String> headers) {
  /** What the client offers. */
  enum Compression {
    NONE,
    /** Each of its messages will stand alone. */
    ALONE,
    /** Its messages refer to earlier ones, unless they must not. */
    WITH_CONTEXT
  }

  /** The protocol's name in {@code Upgrade}. */
  static final String PROTOCOL = "websocket";

  private static final String EXTENSIONS = "Sec-WebSocket-Extensions";

  /** The only version. */
  private static final String VERSION = "13";

  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  private static final int KEY_BYTES = 16;
  private static final int UPGRADE_REQUIRED = 426;

  /** Whether a request asks for a WebSocket of the supported version. */
  public static boolean isRequested(HttpRequest<?> request) {
    HttpHeaders headers = request.getHeaders();
    return request.getMethod() == HttpMethod.GET
        && hasToken(headers, HttpHeaders.UPGRADE, PROTOCOL)
        && hasToken(headers, HttpHeaders.CONNECTION, "upgrade")
        && VERSION.equals(headers.get("Sec-WebSocket-Version"));
  }

  /** The answer to a request that is not {@link #isRequested}: 426. */
  public static HttpResponse<?> upgradeRequired() {
    RequestException refusal =
        new RequestException(
            ErrorCode.INVALID_REQUEST,
            "this is a WebSocket: Connection: Upgrade, Upgrade: websocket, Sec-WebSocket-Version: 13");
    return Problems.response(refusal, UPGRADE_REQUIRED)
        .header(HttpHeaders.CONNECTION, HttpHeaders.UPGRADE)
        .header(HttpHeaders.UPGRADE, PROTOCOL)
        .header("Sec-WebSocket-Version", VERSION);
  }

  /**
   * Agrees.
   *
   * @param spoken the subprotocols that the server speaks
   * @throws RequestException {@code invalid_request}
   */
  public static Handshake of(HttpRequest<?> request, List<String> spoken) {
    String key = request.getHeaders().get("Sec-WebSocket-Key");
    if (key == null || !isKey(key)) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, "Sec-WebSocket-Key must be 16 bytes as base64");
    }
    String chosen = chosen(request.getHeaders().getAll("Sec-WebSocket-Protocol"), spoken);
    Map<String, String> headers = new LinkedHashMap<>();
    headers.put("Sec-WebSocket-Accept", accept(key));
    if (chosen != null) {
      headers.put("Sec-WebSocket-Protocol", chosen);
    }
    return new Handshake(
        chosen, compression(String.join(",", request.getHeaders().getAll(EXTENSIONS))), headers);
  }

  /** The same, with no message compressed, whatever the client offers. */
  public Handshake withoutCompression() {
    return new Handshake(subprotocol, Compression.NONE, headers);
  }

  private static Compression compression(String extensions) {
    if (!PerMessageDeflate.isOffered(extensions)) {
      return Compression.NONE;
    }
    return PerMessageDeflate.isOfferedWithoutContext(extensions)
        ? Compression.ALONE
        : Compression.WITH_CONTEXT;
  }

  /** All headers of the answer. */
  Map<String, String> answer(boolean withContext) {
    if (compression == Compression.NONE) {
      return headers;
    }
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.put(
        EXTENSIONS,
        withContext ? PerMessageDeflate.ACCEPTED_WITH_CONTEXT : PerMessageDeflate.ACCEPTED);
    return all;
  }

  private static @Nullable String chosen(List<String> offered, List<String> spoken) {
    List<String> names =
        offered.stream()
            .flatMap(line -> Arrays.stream(line.split(",")))
            .map(String::trim)
            .filter(name -> !name.isEmpty())
            .toList();
    if (names.isEmpty()) {
      return null;
    }
    return names.stream()
        .filter(spoken::contains)
        .findFirst()
        .orElseThrow(
            () ->
                new RequestException(
                    ErrorCode.INVALID_REQUEST,
                    "Sec-WebSocket-Protocol names none that is spoken here: "
                        + String.join(", ", spoken)));
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
