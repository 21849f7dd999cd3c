package io.tailwater.system.publish;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.Ping;
import io.tailwater.contract.v1.Publish;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamConnection;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Well-formed text is kept exactly over every transport, and all else is refused with its place.
 */
@OnPlatforms
final class TextIT {
  private static final String ALL = Tokens.token("root", List.of("*"), List.of("*"));
  private static final String PROTOBUF = "Sec-WebSocket-Protocol: tailwater.v1.protobuf";

  /** The bytes of half of a surrogate pair, as encoders write it that do not look. */
  private static final byte[] HALF = {(byte) 0xED, (byte) 0xA0, (byte) 0x80};

  private final URI gateway;

  TextIT(InProcessPlatform platform) {
    gateway = platform.gateways().getFirst();
  }

  @Test
  void oneKeyIsTheSameKeyOverEveryTransport() throws Exception {
    String key = "grün-€-😀";
    Http.Answer header =
        raw(
            "POST /v1/events?channel=demo:one-key HTTP/1.1",
            List.of("Content-Type: application/json", "Idempotency-Key: " + key),
            utf8("1"));
    assertThat(header.status()).as(header.body()).isEqualTo(201);
    String id = header.json().path("id").asText();
    JsonNode line = batch("{\"channel\":\"demo:one-key\",\"data\":1,\"key\":\"" + key + "\"}");
    assertThat(line.path("id").asText()).isEqualTo(id);
    JsonNode escaped =
        batch(
            "{\"channel\":\"demo:one-key\",\"data\":1,\"key\":\"gr\\u00fcn-\\u20ac-\\ud83d\\ude00\"}");
    assertThat(escaped.path("id").asText()).isEqualTo(id);
    try (WsPeer text = WsPeer.connect(gateway);
        WsPeer binary = WsPeer.connect(gateway, PROTOBUF)) {
      text.text(
          "{\"id\":1,\"publish\":{\"channel\":\"demo:one-key\",\"data\":1,\"key\":\""
              + key
              + "\"}}");
      assertThat(text.await("published").path("published").path("id").asText()).isEqualTo(id);
      ServerFrame published =
          answer(
              binary,
              ClientFrame.newBuilder()
                  .setId(1)
                  .setPublish(
                      Publish.newBuilder()
                          .setChannel("demo:one-key")
                          .setData(ByteString.copyFromUtf8("1"))
                          .setKey(key))
                  .build()
                  .toByteArray());
      assertThat(published.getPublished().getId()).isEqualTo(id);
    }
    JsonNode events = events("demo:one-key");
    assertThat(events).hasSize(1);
    assertThat(events.path(0).path("key").asText()).isEqualTo(key);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\\ud800", "\\udc00", "ab\\ud83d", "\\ude00\\ud83d", "\\ud83dx\\ude00"})
  void halvesOfPairsAreRefusedInJson(String half) throws Exception {
    for (String field : List.of("channel", "key", "type")) {
      String channel = field.equals("channel") ? "demo:" + half : "demo:halves";
      String line =
          "{\"channel\":\""
              + channel
              + "\",\"data\":1"
              + (field.equals("channel") ? "" : ",\"" + field + "\":\"" + half + "\"")
              + "}";
      JsonNode refused = batch(line).path("error");
      assertThat(refused.path("message").asText()).contains("at character", "surrogate");
      try (WsPeer peer = WsPeer.connect(gateway)) {
        peer.text("{\"id\":5,\"publish\":" + line + "}");
        JsonNode error = peer.await("error");
        assertThat(error.path("id").asInt()).isEqualTo(5);
        assertThat(error.path("error").path("message").asText())
            .contains("at character", "surrogate");
        peer.text("{\"id\":6,\"ping\":{}}");
        assertThat(peer.await("pong").path("id").asInt()).isEqualTo(6);
      }
    }
    for (String path : List.of("/v1/tickets", "/v1/ai/streams")) {
      String body =
          path.endsWith("tickets")
              ? "{\"channels\":[\"demo:" + half + "\"]}"
              : "{\"messages\":[{\"role\":\"user\",\"content\":\"" + half + "\"}]}";
      Http.Answer answer = post(path, "application/json", utf8(body), Map.of());
      assertThat(answer.status()).as(answer.body()).isEqualTo(400);
      assertThat(answer.json().path("message").asText()).contains("at character", "surrogate");
    }
    assertThat(events("demo:halves")).isEmpty();
  }

  @Test
  void stringsOfAFrameThatAreNotUtf8GetAnErrorAndTheConnectionGoesOn() throws Exception {
    try (WsPeer peer = WsPeer.connect(gateway, PROTOBUF)) {
      for (int field :
          List.of(
              Publish.CHANNEL_FIELD_NUMBER, Publish.KEY_FIELD_NUMBER, Publish.TYPE_FIELD_NUMBER)) {
        Publish whole =
            Publish.newBuilder()
                .setChannel("demo:frames")
                .setData(ByteString.copyFromUtf8("1"))
                .build();
        byte[] bad = {(byte) (field << 3 | 2), 4, 'a', HALF[0], HALF[1], HALF[2]};
        ByteArrayOutputStream publish = new ByteArrayOutputStream();
        publish.writeBytes(whole.toByteArray());
        publish.writeBytes(bad);
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.writeBytes(ClientFrame.newBuilder().setId(7).build().toByteArray());
        frame.write(ClientFrame.PUBLISH_FIELD_NUMBER << 3 | 2);
        frame.write(publish.size());
        frame.writeBytes(publish.toByteArray());
        ServerFrame error = answer(peer, frame.toByteArray());
        assertThat(error.getId()).isEqualTo(7);
        assertThat(error.getError().getMessage()).contains("at byte 1");
      }
      ServerFrame pong =
          answer(
              peer,
              ClientFrame.newBuilder()
                  .setId(8)
                  .setPing(Ping.getDefaultInstance())
                  .build()
                  .toByteArray());
      assertThat(pong.hasPong()).isTrue();
    }
    assertThat(events("demo:frames")).isEmpty();
  }

  @Test
  void bodiesThatAreNotUtf8AreRefusedWithThePlace() {
    String events = "/v1/events?channel=demo:bodies";
    byte[] latin1 = "gr\u00fcn".getBytes(StandardCharsets.ISO_8859_1);
    refused(post(events, "text/plain", latin1, Map.of()), 400, "at byte 2");
    refused(post(events, "text/plain; charset=utf-8", HALF, Map.of()), 400, "at byte 0");
    byte[] utf16 = "\uFEFF\"hi\"".getBytes(StandardCharsets.UTF_16LE);
    refused(post(events, "text/plain", utf16, Map.of()), 400, "UTF-16");
    refused(post(events, "application/json", utf16, Map.of()), 400, "UTF-16");
    refused(post(events, "application/json", utf8("\uFEFF1"), Map.of()), 400, "byte order mark");
    refused(
        post(
            events,
            "application/json",
            "\"gr\u00fc\"".getBytes(StandardCharsets.ISO_8859_1),
            Map.of()),
        400,
        "at byte 3");
    refused(
        post(
            "/v1/tickets", "application/json", utf8("\uFEFF{\"channels\":[\"demo:a\"]}"), Map.of()),
        400,
        "byte order mark");
    assertThat(
            batch(
                    new String(
                        utf8("\uFEFF{\"channel\":\"demo:bodies\",\"data\":1}"),
                        StandardCharsets.UTF_8))
                .path("error")
                .path("message")
                .asText())
        .contains("byte order mark");
    assertThat(events("demo:bodies")).isEmpty();
  }

  @Test
  void wellFormedTextIsKeptExactly() {
    String odd = "\uFEFFe\u0301 \u00e9 \u0000 \uFFFF 😀\r\n";
    Http.Answer made =
        post("/v1/events?channel=demo:kept", "text/plain;charset=\"UTF-8\"", utf8(odd), Map.of());
    assertThat(made.status()).as(made.body()).isEqualTo(201);
    assertThat(events("demo:kept").path(0).path("data").asText()).isEqualTo(odd);
  }

  @Test
  void charsetsOfTextsAreHonouredOrRefusedByName() {
    String events = "/v1/events?channel=demo:charsets";
    for (String charset : List.of("iso-8859-1", "utf-16", "\"windows-1252\"", "UTF-7")) {
      for (String type : List.of("text/plain", "application/json", "application/x-ndjson")) {
        refused(
            post(events, type + "; charset=" + charset, utf8("1"), Map.of()),
            415,
            charset.replace("\"", ""));
      }
      for (String path : List.of("/v1/tickets", "/v1/ai/streams")) {
        refused(
            post(path, "application/json;charset=" + charset, utf8("{}"), Map.of()),
            415,
            charset.replace("\"", ""));
      }
    }
    assertThat(post(events, "application/json; charset=UTF-8", utf8("1"), Map.of()).status())
        .isEqualTo(201);
    assertThat(post(events, "application/xml; charset=utf-16", utf8("1"), Map.of()).status())
        .isEqualTo(201);
    assertThat(events("demo:charsets").path(1).path("encoding").asText()).isEqualTo("base64");
  }

  @Test
  void aUrlIsAsciiAndItsEscapesAreUtf8() throws Exception {
    for (String channel : List.of("caf\u00e9", "\u00e0", "\u0085", "😀")) {
      Http.Answer answer =
          raw("GET /v1/channel?channel=demo:" + channel + " HTTP/1.1", List.of(), new byte[0]);
      assertThat(answer.status()).as(channel + answer.body()).isEqualTo(400);
    }
    refused(
        raw("GET /v1/channel?channel=demo:caf\u00e9 HTTP/1.1", List.of(), new byte[0]),
        400,
        "at character");
    refused(
        Http.send(HttpRequest.newBuilder(gateway.resolve("/v1/channel?channel=demo:a%C3"))),
        400,
        "at character 26");
    Http.Answer escaped =
        Http.send(
            HttpRequest.newBuilder(
                gateway.resolve("/v1/channel?channel=demo:caf%C3%A9&last=true")));
    assertThat(escaped.json().path("channels").path(0).path("channel").asText())
        .isEqualTo("demo:café");
  }

  @Test
  void headersThatAreNotUtf8AreRefusedWithThePlace() throws Exception {
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(
        utf8(
            "POST /v1/events?channel=demo:headers HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1\r\nIdempotency-Key: gr"));
    request.write(0xFC);
    request.writeBytes(utf8("n\r\n\r\n1"));
    refused(raw(request.toByteArray()), 400, "at byte 2");
    assertThat(events("demo:headers")).isEmpty();
  }

  @Test
  void declaredBytesStayBytesEvenIfTheyAreJson() {
    String json = "{\"a\":1}";
    String base64 = Base64.getEncoder().encodeToString(utf8(json));
    for (Channel channel :
        List.of(new Channel(Namespaces.DEMO, "bytes"), new Channel(Namespaces.TYPING, "bytes"))) {
      try (WsPeer peer = WsPeer.connect(gateway)) {
        peer.text("{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\"}}").await("live");
        post("/v1/events?channel=" + channel, "application/octet-stream", utf8(json), Map.of());
        batch("{\"channel\":\"" + channel + "\",\"data_base64\":\"" + base64 + "\"}");
        peer.text(
            "{\"id\":2,\"publish\":{\"channel\":\""
                + channel
                + "\",\"data\":\""
                + base64
                + "\",\"encoding\":\"base64\"}}");
        // The next event goes over another connection, and could overtake this one.
        keepUntilPublished(peer);
        post("/v1/events?channel=" + channel, "application/json", utf8(json), Map.of());
        int seen = 0;
        while (seen < 4) {
          for (JsonNode event : peer.await("events").path("events")) {
            seen++;
            if (seen < 4) {
              assertThat(event.path("encoding").asText())
                  .as(channel + " " + seen)
                  .isEqualTo("base64");
              assertThat(event.path("data").asText()).isEqualTo(base64);
            } else {
              assertThat(event.has("encoding")).isFalse();
              assertThat(event.path("data").path("a").asInt()).isEqualTo(1);
            }
          }
        }
      }
    }
    assertThat(events("demo:bytes"))
        .extracting(event -> event.path("encoding").asText())
        .containsExactly("base64", "base64", "base64", "");
  }

  // --- requests ---

  private static void keepUntilPublished(WsPeer peer) {
    for (JsonNode frame = peer.json(); !frame.has("published"); frame = peer.json()) {
      peer.keep(frame);
    }
  }

  private static void refused(Http.Answer answer, int status, String mentions) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.json().path("message").asText()).contains(mentions);
  }

  private JsonNode batch(String line) {
    Http.Answer answer = post("/v1/events", "application/x-ndjson", utf8(line), Map.of());
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private Http.Answer post(String path, String type, byte[] body, Map<String, String> headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.resolve(path))
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (!path.startsWith("/v1/events")) {
      request.header("Authorization", "Bearer " + ALL);
    }
    headers.forEach(request::header);
    return Http.send(request);
  }

  private JsonNode events(String channel) {
    return Http.send(
            HttpRequest.newBuilder(
                    gateway.resolve("/v1/events?from=earliest&channel=" + Wanted.encoded(channel)))
                .header("Accept", "application/json"))
        .json()
        .path("events");
  }

  private static ServerFrame answer(WsPeer peer, byte[] frame) throws Exception {
    peer.send(WsPeer.FINAL | WsPeer.BINARY, frame);
    while (true) {
      WsPeer.@Nullable Frame read = peer.read();
      assertThat(read).as("the connection goes on").isNotNull();
      if (read.opcode() == WsPeer.BINARY) {
        ServerFrame answer = ServerFrame.parseFrom(read.payload());
        if (answer.getId() != 0) {
          return answer;
        }
      }
    }
  }

  private Http.Answer raw(String line, List<String> headers, byte[] body) throws IOException {
    StringBuilder head = new StringBuilder(line + "\r\nHost: a\r\nConnection: close\r\n");
    headers.forEach(header -> head.append(header).append("\r\n"));
    if (body.length > 0) {
      head.append("Content-Length: ").append(body.length).append("\r\n");
    }
    ByteArrayOutputStream request = new ByteArrayOutputStream();
    request.writeBytes(utf8(head + "\r\n"));
    request.writeBytes(body);
    return raw(request.toByteArray());
  }

  private Http.Answer raw(byte[] request) throws IOException {
    try (Socket socket = StreamConnection.connect(gateway, 0)) {
      socket.setSoTimeout(30_000);
      socket.getOutputStream().write(request);
      String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      String body = answer.substring(answer.indexOf("\r\n\r\n") + 4);
      int start = body.indexOf('{');
      int end = body.lastIndexOf('}');
      return new Http.Answer(
          Integer.parseInt(answer.split(" ")[1]),
          HttpHeaders.of(Map.of(), (name, value) -> true),
          start < 0 ? body : body.substring(start, end + 1));
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
