package io.tailwater.system.fuzz;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Input that is nearly right, of a seed. For one thread. */
final class RandomInput {
  private static final List<String> METHODS =
      List.of(
          "GET", "GET", "GET", "HEAD", "POST", "POST", "DELETE", "PUT", "OPTIONS", "PATCH", "BREW");
  private static final List<String> PATHS =
      List.of(
          "/v1/events",
          "/v1/events",
          "/v1/channel",
          "/v1/channel",
          "/v1/tickets",
          "/v1/ai/streams",
          "/v1/ai/streams/a",
          "/v1/ai/streams/a/chat-completion",
          "/v1/ws",
          "/v1/admin/connections",
          "/v1/admin/connections/a",
          "/v1/admin/namespaces",
          "/v1/chat/completions",
          "/v1/models",
          "/v1/models/a",
          "/v1/ping",
          "/v1/openapi.yaml",
          "/v1/frames.proto",
          "/v1/dev",
          "/v1/dev/cut",
          "/",
          "/v1",
          "/v1/nothing",
          "/v1/%2e%2e/x",
          "//",
          "/v1/events/",
          "*");
  private static final List<String> QUERY =
      List.of(
          "channel",
          "=",
          "&",
          "channel=demo:fuzz&",
          "channel=demo:*&",
          "channel=chat:a&",
          "after",
          "after=k3Z-1&",
          "after=m1.&",
          "after=p1.AAAA&",
          "from=earliest&",
          "from=",
          "last:3",
          "time:1",
          "types=a,b&",
          "limit=",
          "before=",
          "envelope=true&",
          "access_token=",
          "ticket=",
          "_=1&",
          "lastEventId=",
          "%",
          "%00",
          "%ff",
          "%ed%a0%80",
          "%3A",
          "+",
          ";",
          "#",
          "?",
          "a",
          "0",
          "-1",
          "99999999999",
          "\u00e4");
  private static final List<String> NAMES =
      List.of(
          "Accept",
          "Authorization",
          "Cookie",
          "Last-Event-ID",
          "Content-Type",
          "Origin",
          "X-Forwarded-For",
          "X-Forwarded-Proto",
          "X-Forwarded-Host",
          "X-Forwarded-Port",
          "Idempotency-Key",
          "Event-Type",
          "If-Match",
          "If-None-Match",
          "Upgrade",
          "Sec-WebSocket-Key",
          "Sec-WebSocket-Version",
          "Sec-WebSocket-Protocol",
          "Sec-WebSocket-Extensions",
          "Content-Encoding",
          "Accept-Encoding",
          "Range",
          "traceparent",
          "Access-Control-Request-Method",
          "Access-Control-Request-Headers",
          "X-Any",
          "Via",
          "TE");
  private static final List<String> VALUES =
      List.of(
          "application/json",
          "text/event-stream",
          "*/*",
          ";",
          ",",
          "=",
          "q=0.5",
          "q=",
          " ",
          "\t",
          "Bearer ",
          "Basic ",
          "eyJhbGciOiJIUzI1NiJ9",
          ".",
          "e30",
          "tw_token=",
          "k3Z-1",
          "m1.",
          "p1.",
          "AAAA",
          "text/plain",
          "charset=utf-8",
          "charset=",
          "application/x-ndjson",
          "http://a.example",
          "null",
          "127.0.0.1",
          "[::1]",
          ":",
          "80",
          "gzip",
          "identity",
          "br",
          "websocket",
          "13",
          "permessage-deflate",
          "client_max_window_bits",
          "tailwater.v1.json",
          "\"",
          "\u00e4",
          "\u00ff",
          "dGhlIHNhbXBsZSBub25jZQ==",
          "00-",
          "bytes=0-",
          "x".repeat(300),
          "GET",
          "a",
          "1");
  private static final List<String> FIELDS =
      List.of(
          "channel",
          "data",
          "data_base64",
          "type",
          "key",
          "channels",
          "ttl_s",
          "prompt",
          "messages",
          "model",
          "role",
          "content",
          "max_tokens",
          "temperature",
          "unwatched",
          "seed",
          "stream",
          "connection",
          "gateway",
          "n",
          "tools",
          "response_format",
          "after",
          "from",
          "types",
          "token",
          "subscribe",
          "unsubscribe",
          "publish",
          "ping",
          "call",
          "method",
          "encoding",
          "close");

  private final Random random;

  RandomInput(long seed) {
    this.random = new Random(seed);
  }

  Random random() {
    return random;
  }

  /** A request, with a body of its own or none, that asks for the end of the connection. */
  byte[] request(URI server) {
    StringBuilder head = new StringBuilder(one(METHODS)).append(' ').append(one(PATHS));
    if (random.nextInt(4) > 0) {
      head.append('?').append(pieces(QUERY, 6).replace(' ', '+'));
    }
    head.append(" HTTP/1.1\r\nHost: ").append(server.getAuthority()).append("\r\n");
    for (int i = random.nextInt(5); i > 0; i--) {
      head.append(one(NAMES)).append(": ").append(pieces(VALUES, 5)).append("\r\n");
    }
    byte[] body = random.nextInt(2) == 0 ? new byte[0] : body();
    if (body.length > 0) {
      head.append("Content-Length: ").append(body.length).append("\r\n");
    }
    head.append("Connection: close\r\n\r\n");
    byte[] bytes = head.toString().getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = Arrays.copyOf(bytes, bytes.length + body.length);
    System.arraycopy(body, 0, all, bytes.length, body.length);
    return all;
  }

  private byte[] body() {
    return switch (random.nextInt(5)) {
      case 0 -> bytes(200);
      case 1 -> (object(0) + "\n" + object(0) + "\n\n" + value(0)).getBytes(StandardCharsets.UTF_8);
      case 2 -> damaged(object(0).getBytes(StandardCharsets.UTF_8));
      default -> object(0).getBytes(StandardCharsets.UTF_8);
    };
  }

  /** Any bytes. */
  byte[] bytes(int max) {
    byte[] bytes = new byte[random.nextInt(max)];
    random.nextBytes(bytes);
    return bytes;
  }

  /** A frame of a client with this id, and whatever else. */
  String frame(long id) {
    String kind = one(List.of("subscribe", "unsubscribe", "publish", "ping", "call", "nothing"));
    String rest = random.nextInt(5) == 0 ? object(0).substring(1) : "}";
    return "{\"id\":"
        + id
        + ",\""
        + kind
        + "\":"
        + value(1)
        + (rest.equals("}") ? "}" : "," + rest);
  }

  /** Bytes with a few faults. */
  byte[] damaged(byte[] good) {
    byte[] bytes = good.clone();
    for (int faults = 1 + random.nextInt(3); faults > 0 && bytes.length > 0; faults--) {
      int at = random.nextInt(bytes.length);
      switch (random.nextInt(3)) {
        case 0 -> bytes = Arrays.copyOf(bytes, at);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        default -> bytes[at] = (byte) random.nextInt();
      }
    }
    return bytes;
  }

  String text() {
    return pieces(QUERY, 4);
  }

  private String object(int depth) {
    List<String> fields = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      fields.add("\"" + one(FIELDS) + "\":" + value(depth + 1));
    }
    return "{" + String.join(",", fields) + "}";
  }

  private String value(int depth) {
    return switch (random.nextInt(depth > 3 ? 11 : 16)) {
      case 0 -> "null";
      case 1 -> "true";
      case 2 -> Integer.toString(random.nextInt());
      case 3 -> "9".repeat(1 + random.nextInt(1_100));
      case 4 -> "-1.5e" + random.nextInt(5_000);
      case 5 -> "\"\"";
      case 6 -> "\"demo:fuzz\"";
      case 7 -> "\"\\ud800\"";
      case 8 -> "\"\\u0000\"";
      case 9 -> random.nextInt(10) == 0 ? "[".repeat(1_500) + "]".repeat(1_500) : "1";
      case 10 -> "\"" + one(FIELDS) + "\"";
      case 11, 12 -> {
        List<String> elements = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
          elements.add(value(depth + 1));
        }
        yield "[" + String.join(",", elements) + "]";
      }
      default -> object(depth);
    };
  }

  private String pieces(List<String> from, int max) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(max); i > 0; i--) {
      text.append(one(from));
    }
    return text.toString();
  }

  private String one(List<String> of) {
    return of.get(random.nextInt(of.size()));
  }
}
