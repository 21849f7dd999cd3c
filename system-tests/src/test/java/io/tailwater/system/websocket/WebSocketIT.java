package io.tailwater.system.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.micronaut.context.ApplicationContext;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.ChannelEvent;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.Encoding;
import io.tailwater.contract.v1.Ping;
import io.tailwater.contract.v1.Publish;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every frame of the contract. */
@OnPlatforms
final class WebSocketIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final String JSON = "Sec-WebSocket-Protocol: tailwater.v1.json";
  private static final String PROTOBUF = "Sec-WebSocket-Protocol: tailwater.v1.protobuf";
  private static final String DEFLATE =
      "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";

  private final InProcessPlatform platform;
  private final URI gateway;

  WebSocketIT(InProcessPlatform platform) {
    this.platform = platform;
    this.gateway = platform.gateways().getFirst();
  }

  // --- the handshake ---

  @Test
  void theHandshakeAgreesOnASubprotocol() {
    try (WsPeer peer = WsPeer.connect(gateway)) {
      assertThat(peer.status()).isEqualTo(101);
      assertThat(peer.header("sec-websocket-accept")).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
      assertThat(peer.header("sec-websocket-protocol")).isEmpty();
      assertThat(peer.header("sec-websocket-extensions")).isEmpty();
      JsonNode welcome = peer.json().path("welcome");
      assertThat(welcome.path("connection").asText()).startsWith("c-");
      assertThat(welcome.path("session").asText()).startsWith("s-");
      assertThat(welcome.path("server_time_ms").asLong()).isPositive();
      assertThat(welcome.path("ping_ms").asInt()).isEqualTo(15_000);
      assertThat(welcome.path("limits").toString())
          .isEqualTo("{\"frame\":65536,\"channels\":1000}");
    }
    try (WsPeer peer = WsPeer.connect(gateway, "Sec-WebSocket-Protocol: mqtt, tailwater.v1.json")) {
      assertThat(peer.header("sec-websocket-protocol")).isEqualTo("tailwater.v1.json");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/ws Sec-WebSocket-Protocol: mqtt",
        "/v1/ws?ticket=x ",
        "/v1/ws?acces_token=x ",
      })
  void whatIsNotKnownIsRefused(String request) {
    String[] parts = request.split(" ", 2);
    String[] headers = parts[1].isEmpty() ? new String[0] : new String[] {parts[1]};
    try (WsPeer peer = WsPeer.request(gateway, parts[0], headers)) {
      assertThat(peer.status()).isEqualTo(400);
      assertThat(peer.header("content-type")).startsWith("application/problem+json");
    }
  }

  @Test
  void aRequestThatIsNoUpgradeIsToldWhatIsSpokenHere() {
    Http.Answer answer = Http.send(java.net.http.HttpRequest.newBuilder(gateway.resolve("/v1/ws")));
    assertThat(answer.status()).isEqualTo(426);
    assertThat(answer.headers().firstValue("sec-websocket-version")).hasValue("13");
    assertThat(answer.json().path("code").asText()).isEqualTo("invalid_request");
    assertThat(answer.json().path("message").asText()).contains("Upgrade: websocket");
    try (WsPeer peer =
        WsPeer.raw(
            gateway,
            "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            0)) {
      assertThat(peer.status()).isEqualTo(426);
    }
  }

  // --- who it is ---

  @Test
  void whoMayNotConnectIsToldOnTheConnection() {
    refused(4401, WsPeer.request(gateway, "/v1/ws?access_token=nonsense"));
    refused(4401, WsPeer.connect(gateway, "Authorization: Bearer nonsense"));
    refused(
        4401,
        WsPeer.connect(
            gateway,
            "Authorization: Bearer "
                + Tokens.token("alice", List.of(), List.of(), Instant.now().minusSeconds(60))));
    refused(4403, WsPeer.connect(gateway, "Origin: https://elsewhere.example"));
    refused(4403, WsPeer.connect(gateway, "Origin: null"));
    try (WsPeer own = WsPeer.connect(gateway, "Origin: http://" + gateway.getAuthority())) {
      own.await("welcome");
    }
  }

  private static void refused(int code, WsPeer peer) {
    try (peer) {
      assertThat(peer.status()).isEqualTo(101);
      JsonNode disconnect = peer.json().path("disconnect");
      assertThat(disconnect.path("code").asInt()).isEqualTo(code);
      assertThat(disconnect.path("reason").asText()).isNotEmpty();
      assertThat(peer.closed()).isEqualTo(code);
      peer.echoAndEnd(code);
    }
  }

  @Test
  void aTokenComesWithTheRequestOrAsAFrame() {
    String token = Tokens.token("alice", List.of("chat:*"), List.of("chat:*"));
    for (WsPeer connected :
        List.of(
            WsPeer.request(gateway, "/v1/ws?access_token=" + token),
            WsPeer.connect(gateway, "Authorization: Bearer " + token),
            WsPeer.connect(gateway, "Cookie: tw_token=" + token))) {
      try (WsPeer peer = connected) {
        assertThat(subscribe(peer, 1, "chat:lobby").has("subscribed")).isTrue();
      }
    }
    try (WsPeer peer = WsPeer.connect(gateway)) {
      assertThat(error(subscribe(peer, 1, "chat:lobby"))).isEqualTo("unauthorized");
      JsonNode authed =
          peer.text("{\"id\":2,\"auth\":{\"token\":\"" + token + "\"}}").await("authed");
      assertThat(authed.path("id").asInt()).isEqualTo(2);
      assertThat(authed.path("authed").path("subject").asText()).isEqualTo("alice");
      assertThat(authed.path("authed").path("expires_at_ms").asLong())
          .isGreaterThan(System.currentTimeMillis());
      assertThat(subscribe(peer, 3, "chat:lobby").has("subscribed")).isTrue();
    }
  }

  /** Its masked bytes have a line feed, which an HTTP parser would end a line at. */
  private static String publish(int id, String channel) {
    return "{\"id\":"
        + id
        + ",\"publish\":{\"channel\":\""
        + channel
        + "\",\"data\":\""
        + ">".repeat(8)
        + "\"}}";
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 3, 200})
  void framesRightBehindTheHandshakeAreReadAfterIt(int frames) {
    List<String> messages =
        IntStream.rangeClosed(1, frames).mapToObj(id -> publish(id, "demo:behind")).toList();
    try (WsPeer peer = WsPeer.pipelined(gateway, List.of(), messages)) {
      assertThat(peer.status()).isEqualTo(101);
      assertThat(peer.json().has("welcome")).isTrue();
      Set<Integer> answered = new HashSet<>();
      while (answered.size() < frames) {
        assertThat(answered.add(peer.await("published").path("id").asInt())).isTrue();
      }
      peer.text("{\"id\":999,\"ping\":{}}").await("pong");
    }
  }

  @Test
  void framesRightBehindTheHandshakeAreJudgedByItsToken() {
    String token = Tokens.token("alice", List.of(), List.of("chat:*"));
    try (WsPeer peer =
        WsPeer.pipelined(
            gateway,
            List.of("Authorization: Bearer " + token),
            List.of(publish(1, "chat:behind"), publish(2, "chat:behind")))) {
      assertThat(peer.json().has("welcome")).isTrue();
      assertThat(peer.await("published").path("id").asInt()).isEqualTo(1);
      assertThat(peer.await("published").path("id").asInt()).isEqualTo(2);
    }
    try (WsPeer peer =
        WsPeer.pipelined(
            gateway,
            List.of(),
            List.of(
                publish(1, "chat:behind"),
                "{\"id\":2,\"auth\":{\"token\":\"" + token + "\"}}",
                publish(3, "chat:behind")))) {
      assertThat(peer.json().has("welcome")).isTrue();
      assertThat(error(peer.await("error"))).isEqualTo("unauthorized");
      assertThat(peer.await("authed").path("id").asInt()).isEqualTo(2);
      assertThat(peer.await("published").path("id").asInt()).isEqualTo(3);
    }
    refused(
        4401,
        WsPeer.pipelined(
            gateway,
            List.of("Authorization: Bearer nonsense"),
            List.of(publish(1, "chat:behind"), publish(2, "demo:behind"))));
  }

  @Test
  void aRequestBeforeTheHandshakeIsAnsweredBeforeIt() {
    String body = "{\"n\":1}";
    String before =
        "POST /v1/events?channel=demo:before HTTP/1.1\r\nHost: "
            + gateway.getAuthority()
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    try (WsPeer peer =
        WsPeer.pipelined(gateway, before, List.of(), List.of(publish(1, "demo:before")))) {
      assertThat(peer.status()).isEqualTo(201);
      peer.skip(Integer.parseInt(peer.header("content-length")));
      peer.nextHead();
      assertThat(peer.status()).isEqualTo(101);
      assertThat(peer.json().has("welcome")).isTrue();
      assertThat(peer.await("published").path("id").asInt()).isEqualTo(1);
    }
  }

  @Test
  void aHandshakeThatIsRefusedEndsTheConnection() {
    try (WsPeer peer =
        WsPeer.pipelined(
            gateway,
            List.of("Sec-WebSocket-Protocol: mqtt"),
            List.of(publish(1, "demo:refused")))) {
      assertThat(peer.status()).isEqualTo(400);
      assertThat(peer.header("connection")).containsIgnoringCase("close");
      peer.skip(Integer.parseInt(peer.header("content-length")));
      assertThat(peer.read()).isNull();
    }
  }

  @Test
  void aBadTokenEndsAConnectionThatHasNoneYet() {
    try (WsPeer peer = WsPeer.connect(gateway)) {
      peer.text("{\"id\":9,\"auth\":{\"token\":\"nonsense\"}}");
      JsonNode answer = peer.await("error");
      assertThat(answer.path("id").asInt()).isEqualTo(9);
      assertThat(error(answer)).isEqualTo("unauthorized");
      assertThat(peer.closed()).isEqualTo(4401);
    }
  }

  @Test
  void whereNobodyMayDoAnythingWithoutATokenOneIsNeededInTime(InProcessPlatform platform) {
    int port = FreePort.choose();
    try (ApplicationContext core =
            platform.eventCore(
                "event-core-locked", port, Map.of("tailwater.namespaces.locked.partitions", 1));
        ExtraGateway locked =
            platform.gateway(
                Map.of(
                    "tailwater.edge.event-cores",
                    List.of("127.0.0.1:" + port),
                    "tailwater.edge.ws.auth-within",
                    "2s"))) {
      assertThat(core.isRunning()).isTrue();
      URI address = locked.address();
      String token = Tokens.token("alice", List.of("locked:*"), List.of());
      await().atMost(LIMIT).until(() -> Http.readiness(locked.management()) == 200);
      try (WsPeer silent = WsPeer.connect(address);
          WsPeer known = WsPeer.connect(address)) {
        known.text("{\"id\":1,\"auth\":{\"token\":\"" + token + "\"}}").await("authed");
        assertThat(silent.await("disconnect").path("disconnect").path("code").asInt())
            .isEqualTo(4401);
        assertThat(silent.closed()).isEqualTo(4401);
        known.text("{\"id\":2,\"ping\":{}}").await("pong");
      }
    }
  }

  @Test
  void aConnectionEndsWithItsTokenUnlessAnotherComes() {
    Instant soon = Instant.now().plusSeconds(4);
    String expiring = Tokens.token("alice", List.of("chat:*"), List.of(), soon);
    try (WsPeer ends = WsPeer.connect(gateway, "Authorization: Bearer " + expiring);
        WsPeer stays = WsPeer.connect(gateway, "Authorization: Bearer " + expiring)) {
      assertThat(ends.await("expiring").path("expiring").path("in_ms").asLong())
          .isBetween(1L, 4_000L);
      stays.await("expiring");
      stays
          .text(
              "{\"id\":1,\"auth\":{\"token\":\""
                  + Tokens.token("alice", List.of("chat:*"), List.of())
                  + "\"}}")
          .await("authed");
      assertThat(ends.closed()).isEqualTo(4401);
      stays.text("{\"id\":2,\"ping\":{}}").await("pong");
    }
  }

  @Test
  void anotherTokenEndsWhatItDoesNotCoverAndNothingElse() {
    String wide = Tokens.token("alice", List.of("chat:*"), List.of());
    String narrow = Tokens.token("alice", List.of("chat:kept"), List.of());
    String other = Tokens.token("bob", List.of("chat:*"), List.of("chat:*"));
    try (WsPeer peer = WsPeer.connect(gateway, "Authorization: Bearer " + wide)) {
      subscribe(peer, 1, "chat:kept");
      subscribe(peer, 2, "chat:lost");
      peer.text("{\"id\":3,\"auth\":{\"token\":\"" + narrow + "\"}}").await("authed");
      assertThat(peer.await("unsubscribed").toString())
          .isEqualTo("{\"unsubscribed\":{\"channel\":\"chat:lost\",\"code\":\"forbidden\"}}");
      assertThat(error(subscribe(peer, 4, "chat:lost"))).isEqualTo("forbidden");
      peer.text("{\"id\":5,\"auth\":{\"token\":\"" + other + "\"}}");
      assertThat(error(peer.await("error"))).isEqualTo("forbidden");
      peer.text("{\"id\":6,\"auth\":{\"token\":\"nonsense\"}}");
      assertThat(error(peer.await("error"))).isEqualTo("unauthorized");
      assertThat(error(subscribe(peer, 7, "chat:kept")))
          .as("still there")
          .isEqualTo("invalid_request");
    }
  }

  // --- what it reads ---

  @Test
  void aSubscriptionIsAnsweredThenLiveThenItsEventsCome() {
    Channel channel = new Channel(Namespaces.DEMO, "ws-order");
    String first = Http.publish(gateway, channel, "{\"n\": 1.10}");
    Http.publish(gateway, channel, "2");
    try (WsPeer peer = WsPeer.connect(gateway, JSON)) {
      peer.await("welcome");
      peer.text("{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\",\"from\":\"last:2\"}}");
      JsonNode subscribed = peer.json();
      assertThat(subscribed.path("id").asInt()).isEqualTo(1);
      assertThat(subscribed.path("subscribed").path("channel").asText())
          .isEqualTo(channel.toString());
      String text = peer.next().text();
      assertThat(text)
          .startsWith(
              "{\"events\":[{\"id\":\""
                  + first
                  + "\",\"channel\":\""
                  + channel
                  + "\",\"type\":\"message\"")
          .contains("\"data\":{\"n\": 1.10}}");
      JsonNode live = peer.await("live").path("live");
      assertThat(live.path("channel").asText()).isEqualTo(channel.toString());
      String third = Http.publish(gateway, channel, "3");
      assertThat(peer.await("events").path("events").path(0).path("id").asText()).isEqualTo(third);
    }
    try (WsPeer peer = WsPeer.connect(gateway)) {
      peer.text(
          "{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\",\"after\":\"" + first + "\"}}");
      assertThat(peer.await("subscribed").path("subscribed").path("position").asText())
          .isEqualTo(first);
      assertThat(events(peer, 2))
          .extracting(event -> event.path("data").asInt())
          .containsExactly(2, 3);
    }
  }

  @Test
  void whatIsWrongWithAFrameIsAnsweredAndTheRestLosesNothing() {
    try (WsPeer peer = WsPeer.connect(gateway)) {
      peer.await("welcome");
      for (String[] bad :
          new String[][] {
            {"{\"id\":1}", "invalid_request"},
            {"{\"id\":1,\"subscribe\":{\"channel\":\"demo:x\"},\"ping\":{}}", "invalid_request"},
            {"{\"id\":1,\"subscribe\":{\"chanel\":\"demo:x\"}}", "invalid_request"},
            {"{\"id\":1,\"subscribe\":{\"channel\":1}}", "invalid_request"},
            {
              "{\"id\":1,\"subscribe\":{\"channel\":\"demo:x\",\"channel\":\"demo:y\"}}",
              "invalid_request"
            },
            {"{\"id\":1,\"subscribe\":{\"channel\":\"nonsense\"}}", "invalid_channel"},
            {"{\"id\":1,\"subscribe\":{\"channel\":\"nowhere:x\"}}", "not_found"},
            {
              "{\"id\":1,\"subscribe\":{\"channel\":\"demo:x\",\"after\":\"?\"}}",
              "invalid_position"
            },
            {
              "{\"id\":1,\"subscribe\":{\"channel\":\"demo:x\",\"from\":\"now\"}}",
              "invalid_request"
            },
            {"{\"id\":1,\"publish\":{\"channel\":\"demo:x\"}}", "invalid_request"},
            {
              "{\"id\":1,\"publish\":{\"channel\":\"demo:x\",\"type\":\"tw.x\",\"data\":1}}",
              "invalid_type"
            },
            {"{\"id\":1,\"publish\":{\"channel\":\"ai:x\",\"data\":1}}", "forbidden"},
            {"{\"id\":1,\"call\":{\"method\":\"room.join\",\"data\":{}}}", "unauthorized"},
            {"{\"id\":1,\"publish\":{\"channel\":\"demo:x*\",\"data\":1}}", "invalid_channel"},
            {"{\"id\":1,\"unsubscribe\":{\"channel\":\"nonsense\"}}", "invalid_channel"},
          }) {
        JsonNode answer = peer.text(bad[0]).await("error");
        assertThat(error(answer)).as(bad[0]).isEqualTo(bad[1]);
        assertThat(answer.path("id").asInt()).isEqualTo(1);
        assertThat(answer.path("error").path("message").asText()).isNotEmpty();
        assertThat(answer.path("error").path("retry").isBoolean()).isTrue();
      }
      subscribe(peer, 2, "demo:twice");
      assertThat(error(subscribe(peer, 3, "demo:twice"))).isEqualTo("invalid_request");
      peer.text("{\"id\":4,\"ping\":{}}").await("pong");
    }
  }

  @Test
  void afterItsAnswerAnUnsubscribedChannelSendsNothing() {
    Channel channel = new Channel(Namespaces.DEMO, "ws-unsubscribed");
    try (WsPeer peer = WsPeer.connect(gateway)) {
      subscribe(peer, 1, channel.toString());
      peer.await("live");
      peer.text("{\"id\":2,\"unsubscribe\":{\"channel\":\"" + channel + "\"}}");
      assertThat(peer.await("unsubscribed").toString()).isEqualTo("{\"id\":2,\"unsubscribed\":{}}");
      Http.publish(gateway, channel, "1");
      await().atMost(LIMIT).until(() -> platform.readers(gateway, channel) == 0);
      assertThat(peer.text("{\"id\":3,\"ping\":{}}").json().has("pong")).isTrue();
      subscribe(peer, 4, channel.toString());
    }
  }

  @Test
  void aClosedChannelEndsAndTheConnectionStays() {
    Channel channel = new Channel(Namespaces.DEMO, "ws-closed");
    try (WsPeer peer = WsPeer.connect(gateway)) {
      subscribe(peer, 1, channel.toString());
      String id = publish(peer, 2, "{\"channel\":\"" + channel + "\",\"data\":1,\"close\":true}");
      assertThat(peer.await("end").toString())
          .isEqualTo("{\"end\":{\"channel\":\"" + channel + "\"}}");
      peer.text("{\"id\":3,\"publish\":{\"channel\":\"" + channel + "\",\"data\":1}}");
      assertThat(error(peer.await("error"))).isEqualTo("closed");
      peer.text(
          "{\"id\":4,\"subscribe\":{\"channel\":\"" + channel + "\",\"after\":\"" + id + "\"}}");
      assertThat(peer.await("subscribed").path("id").asInt()).isEqualTo(4);
      peer.await("end");
      await().atMost(LIMIT).until(() -> platform.readers(gateway, channel) == 0);
    }
  }

  @Test
  void aThousandChannelsOnOneConnectionEachWithItsOwnCursorAndNotOneMore() {
    int channels = 1_000;
    try (WsPeer peer = WsPeer.connect(gateway)) {
      peer.await("welcome");
      for (int i = 1; i <= channels; i++) {
        peer.text(
            "{\"id\":"
                + i
                + ",\"subscribe\":{\"channel\":\"demo:many-"
                + i
                + "\",\"from\":\"earliest\"}}");
      }
      int subscribed = 0;
      int live = 0;
      while (subscribed < channels || live < channels) {
        JsonNode frame = peer.json();
        assertThat(frame.has("error")).as(frame.toString()).isFalse();
        subscribed += frame.has("subscribed") ? 1 : 0;
        live += frame.has("live") ? 1 : 0;
      }
      assertThat(error(subscribe(peer, 2_001, "demo:one-more")))
          .isEqualTo("too_many_subscriptions");
      for (int i = 1; i <= channels; i += 37) {
        String id =
            publish(peer, 3_000 + i, "{\"channel\":\"demo:many-" + i + "\",\"data\":" + i + "}");
        JsonNode event = events(peer, 1).getFirst();
        assertThat(event.path("channel").asText()).isEqualTo("demo:many-" + i);
        assertThat(event.path("id").asText()).isEqualTo(id);
      }
    }
  }

  @Test
  void manyEventsComeInFramesThatAreNotTooLarge() {
    Channel channel = new Channel(Namespaces.DEMO, "ws-large");
    int count = 60;
    for (int i = 0; i < count; i++) {
      Http.publish(gateway, channel, "\"" + "x".repeat(i % 10 == 9 ? 100_000 : 5_000) + "\"");
    }
    try (WsPeer peer = WsPeer.connect(gateway)) {
      peer.text("{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\",\"from\":\"earliest\"}}");
      int events = 0;
      int frames = 0;
      while (events < count) {
        WsPeer.Frame frame = peer.next();
        JsonNode read = read(frame.text());
        if (read.has("events")) {
          frames++;
          events += read.path("events").size();
          assertThat(read.path("events").size() == 1 || frame.payload().length < 80_000).isTrue();
        }
      }
      assertThat(events).isEqualTo(count);
      assertThat(frames).isLessThan(count);
    }
  }

  // --- what it publishes ---

  @Test
  void aPublicationIsAnsweredAndAKeyMakesItOnce() {
    try (WsPeer peer = WsPeer.connect(gateway)) {
      peer.await("welcome");
      String frame =
          "{\"id\":1,\"publish\":{\"channel\":\"demo:ws-key\",\"type\":\"said\",\"data\":{\"a\":[1.0,{}]},\"key\":\"k1\",\"close\":false}}";
      String first = peer.text(frame).json().toString();
      assertThat(first)
          .matches("\\{\"id\":1,\"published\":\\{\"id\":\"[^\"]+\",\"duplicate\":false}}");
      assertThat(peer.text(frame).json().toString())
          .isEqualTo(first.replace("\"duplicate\":false", "\"duplicate\":true"));
      subscribe(peer, 2, "demo:ws-key", "earliest");
      JsonNode event = events(peer, 1).getFirst();
      assertThat(event.path("type").asText()).isEqualTo("said");
      assertThat(event.path("key").asText()).isEqualTo("k1");
      assertThat(event.path("by").asText()).isEqualTo("anonymous");
      assertThat(event.path("data").toString()).isEqualTo("{\"a\":[1.0,{}]}");
    }
  }

  @Test
  void bytesComeThroughUnharmedWhateverTheSubprotocol() throws InvalidProtocolBufferException {
    byte[] bytes = new byte[3_000];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31);
    }
    String base64 = Base64.getEncoder().encodeToString(bytes);
    try (WsPeer text = WsPeer.connect(gateway);
        WsPeer binary = WsPeer.connect(gateway, PROTOBUF)) {
      assertThat(binary.header("sec-websocket-protocol")).isEqualTo("tailwater.v1.protobuf");
      String channel = "demo:ws-bytes";
      publish(
          text,
          1,
          "{\"channel\":\"" + channel + "\",\"data\":\"" + base64 + "\",\"encoding\":\"base64\"}");
      send(
          binary,
          ClientFrame.newBuilder()
              .setId(1)
              .setPublish(
                  Publish.newBuilder()
                      .setChannel(channel)
                      .setEncoding(Encoding.ENCODING_BASE64)
                      .setData(ByteString.copyFrom(bytes))));
      assertThat(awaitFrame(binary, ServerFrame.FrameCase.PUBLISHED).getId()).isEqualTo(1);
      publish(text, 2, "{\"channel\":\"" + channel + "\",\"data\":{\"n\": 1.10}}");
      subscribe(text, 3, channel, "earliest");
      List<JsonNode> read = events(text, 3);
      for (JsonNode event : read.subList(0, 2)) {
        assertThat(event.path("encoding").asText()).isEqualTo("base64");
        assertThat(event.path("data").asText()).isEqualTo(base64);
      }
      send(
          binary,
          ClientFrame.newBuilder()
              .setId(2)
              .setSubscribe(Subscribe.newBuilder().setChannel(channel).setFrom("earliest")));
      List<ChannelEvent> got = new ArrayList<>();
      while (got.size() < 3) {
        got.addAll(awaitFrame(binary, ServerFrame.FrameCase.EVENTS).getEvents().getEventsList());
      }
      for (ChannelEvent event : got.subList(0, 2)) {
        assertThat(event.getEncoding()).isEqualTo(Encoding.ENCODING_BASE64);
        assertThat(event.getData().toByteArray()).isEqualTo(bytes);
      }
      assertThat(got.get(2).getData().toStringUtf8()).isEqualTo("{\"n\": 1.10}");
      assertThat(got)
          .extracting(ChannelEvent::getId)
          .containsExactlyElementsOf(
              read.stream().map(event -> event.path("id").asText()).toList());
    }
  }

  @Test
  void protobufIsAsStrictAsJson() throws InvalidProtocolBufferException {
    try (WsPeer peer = WsPeer.connect(gateway, PROTOBUF)) {
      ServerFrame welcome = ServerFrame.parseFrom(peer.next().payload());
      assertThat(welcome.getWelcome().getLimits().getChannels()).isEqualTo(1_000);
      send(peer, ClientFrame.newBuilder().setId(1).setPing(Ping.getDefaultInstance()));
      assertThat(awaitFrame(peer, ServerFrame.FrameCase.PONG).getPong().getServerTimeMs())
          .isPositive();
      // Field 15 of the frame, a varint: there is none.
      peer.send(WsPeer.FINAL | WsPeer.BINARY, new byte[] {8, 2, 0x78, 1});
      assertThat(awaitFrame(peer, ServerFrame.FrameCase.ERROR).getError().getCode())
          .isEqualTo("invalid_request");
      peer.send(WsPeer.FINAL | WsPeer.BINARY, new byte[] {0x12});
      assertThat(peer.closed()).isEqualTo(4400);
    }
  }

  // --- compression ---

  @Test
  void eventsAreCompressedForThoseWhoOfferItAndTheSame() throws DataFormatException {
    Channel channel = new Channel(Namespaces.DEMO, "ws-deflate");
    String data = "{\"text\":\"" + "to be or not to be, ".repeat(100) + "\"}";
    try (WsPeer plain = WsPeer.connect(gateway);
        WsPeer first = WsPeer.connect(gateway, DEFLATE);
        WsPeer second = WsPeer.connect(gateway, DEFLATE)) {
      for (WsPeer peer : List.of(plain, first, second)) {
        subscribe(peer, 1, channel.toString());
        peer.await("live");
      }
      for (int round = 0; round < 3; round++) {
        Http.publish(gateway, channel, data);
        String expected = plain.next().text();
        assertThat(expected).contains(data);
        for (WsPeer peer : List.of(first, second)) {
          WsPeer.Frame frame = peer.next();
          assertThat(frame.compressed()).isTrue();
          assertThat(frame.payload().length).isLessThan(300);
          assertThat(inflated(frame.payload())).isEqualTo(expected);
        }
      }
    }
  }

  @Test
  void theJdksClientSpeaksWithIt() throws Exception {
    LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
    WebSocket socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .subprotocols("tailwater.v1.json")
            .buildAsync(
                URI.create("ws://" + gateway.getAuthority() + "/v1/ws"), new Collecting(messages))
            .get(30, TimeUnit.SECONDS);
    assertThat(messages.poll(30, TimeUnit.SECONDS)).startsWith("{\"welcome\":{");
    socket.sendText("{\"id\":1,\"subscr", false).get(30, TimeUnit.SECONDS);
    socket.sendText("ibe\":{\"channel\":\"demo:jdk\"}}", true).get(30, TimeUnit.SECONDS);
    assertThat(messages.poll(30, TimeUnit.SECONDS)).startsWith("{\"id\":1,\"subscribed\":{");
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "bye").get(30, TimeUnit.SECONDS);
    await().atMost(LIMIT).until(() -> messages.contains("closed 1000"));
  }

  private static final class Collecting implements WebSocket.Listener {
    private final LinkedBlockingQueue<String> messages;
    private final StringBuilder message = new StringBuilder();

    Collecting(LinkedBlockingQueue<String> messages) {
      this.messages = messages;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      message.append(data);
      if (last) {
        messages.add(message.toString());
        message.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      messages.add("closed " + code);
      return null;
    }
  }

  // --- what the tests say with ---

  private static JsonNode subscribe(WsPeer peer, int id, String channel) {
    return subscribe(peer, id, channel, "latest");
  }

  private static JsonNode subscribe(WsPeer peer, int id, String channel, String from) {
    peer.text(
        "{\"id\":"
            + id
            + ",\"subscribe\":{\"channel\":\""
            + channel
            + "\",\"from\":\""
            + from
            + "\"}}");
    return answer(peer, id);
  }

  /** The id of what was published. */
  private static String publish(WsPeer peer, int id, String wish) {
    peer.text("{\"id\":" + id + ",\"publish\":" + wish + "}");
    JsonNode answer = answer(peer, id);
    assertThat(answer.has("published")).as(answer.toString()).isTrue();
    return answer.path("published").path("id").asText();
  }

  /** The answer with this id; what comes before it is kept for {@link #events}. */
  private static JsonNode answer(WsPeer peer, int id) {
    JsonNode frame = peer.json();
    while (frame.path("id").asInt() != id) {
      peer.keep(frame);
      frame = peer.json();
    }
    return frame;
  }

  private static List<JsonNode> events(WsPeer peer, int count) {
    List<JsonNode> events = new ArrayList<>();
    while (events.size() < count) {
      JsonNode kept = peer.kept();
      (kept == null ? peer.json() : kept).path("events").forEach(events::add);
    }
    assertThat(events).hasSize(count);
    return events;
  }

  private static String error(JsonNode answer) {
    return answer.path("error").path("code").asText();
  }

  private static void send(WsPeer peer, ClientFrame.Builder frame) {
    peer.send(WsPeer.FINAL | WsPeer.BINARY, frame.build().toByteArray());
  }

  private static ServerFrame awaitFrame(WsPeer peer, ServerFrame.FrameCase kind)
      throws InvalidProtocolBufferException {
    ServerFrame frame = ServerFrame.parseFrom(peer.next().payload());
    while (frame.getFrameCase() != kind) {
      frame = ServerFrame.parseFrom(peer.next().payload());
    }
    return frame;
  }

  private static JsonNode read(String text) {
    try {
      return Json.read(text);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new IllegalStateException(text, e);
    }
  }

  private static String inflated(byte[] payload) throws DataFormatException {
    Inflater inflater = new Inflater(true);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    for (byte[] input : List.of(payload, new byte[] {0, 0, (byte) 0xff, (byte) 0xff})) {
      inflater.setInput(input);
      for (int n = inflater.inflate(buffer); n > 0; n = inflater.inflate(buffer)) {
        out.write(buffer, 0, n);
      }
    }
    inflater.end();
    return out.toString(StandardCharsets.UTF_8);
  }
}
