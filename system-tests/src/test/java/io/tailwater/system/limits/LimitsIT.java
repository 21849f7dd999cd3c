package io.tailwater.system.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.micronaut.context.ApplicationContext;
import io.tailwater.contract.Channel;
import io.tailwater.edge.EdgeGateway;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a gateway with limits refuses, and how it says so. */
@OnPlatforms
final class LimitsIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int REPLAY_BYTES_PER_SECOND = 100_000;

  private static ApplicationContext context;
  private static URI gateway;

  @BeforeAll
  static void start(InProcessPlatform platform) {
    int port = FreePort.choose();
    Map<String, Object> properties = new HashMap<>();
    properties.put("tailwater.instance", "edge-gateway-limited");
    properties.put("micronaut.server.host", "127.0.0.1");
    properties.put("micronaut.server.port", port);
    properties.put("endpoints.all.port", FreePort.choose());
    properties.put("redis.uri", platform.redis().uri());
    properties.put("tailwater.edge.event-cores", platform.eventCoreAddresses());
    properties.put("tailwater.edge.jwt-key", Tokens.KEY);
    properties.put("tailwater.edge.limits.trusted-proxies", List.of("127.0.0.0/8"));
    properties.put("tailwater.edge.limits.connections-per-subject", 2);
    properties.put("tailwater.edge.limits.connections-per-address", 3);
    properties.put("tailwater.edge.limits.publishes-per-second-per-subject", 1);
    properties.put("tailwater.edge.limits.publishes-per-second-per-address", 20);
    properties.put(
        "tailwater.edge.limits.replay-bytes-per-second-per-subject", REPLAY_BYTES_PER_SECOND);
    context = EdgeGateway.start(properties);
    gateway = URI.create("http://127.0.0.1:" + port);
    await().atMost(LIMIT).until(() -> InProcessPlatform.answers(gateway, "demo:start"));
  }

  @AfterAll
  static void stop() {
    context.close();
  }

  @Test
  void aSubjectsConnectionTooManyIsToldToComeBack() {
    Map<String, String> alice = token("alice-connects");
    try (StreamPeek one = open(alice);
        StreamPeek two = open(alice)) {
      one.untilLive(1);
      two.untilLive(1);
      try (StreamPeek third = open(alice)) {
        assertThat(third.status()).isEqualTo(200);
        Block only = third.untilEnd().getFirst();
        assertThat(only.type()).isEqualTo("tw.retry");
        assertThat(only.data()).contains("too_many_connections");
      }
      Http.Answer poll = poll(alice);
      assertThat(poll.status()).isEqualTo(429);
      assertThat(poll.json().path("code").asText()).isEqualTo("too_many_connections");
      assertThat(poll.headers().firstValue("Retry-After")).isPresent();
      try (StreamPeek other = open(token("bob-connects"))) {
        other.untilLive(1);
      }
    }
    await().atMost(LIMIT).until(() -> poll(alice).status() == 200);
  }

  @Test
  void aWebSocketTooManyIsToldToComeBack() {
    String[] alice = lines(token("alice-connects-by-websocket"));
    try (WsPeer one = WsPeer.connect(gateway, alice);
        WsPeer two = WsPeer.connect(gateway, alice)) {
      one.await("welcome");
      two.await("welcome");
      try (WsPeer third = WsPeer.connect(gateway, alice)) {
        JsonNode disconnect = third.json().path("disconnect");
        assertThat(disconnect.path("code").asInt()).isEqualTo(4429);
        assertThat(disconnect.path("retry_ms").asLong()).isPositive();
        assertThat(third.closed()).isEqualTo(4429);
      }
      try (WsPeer nobody = WsPeer.connect(gateway, "X-Forwarded-For: 203.0.113.50")) {
        String token = alice[0].substring("Authorization: Bearer ".length());
        JsonNode error =
            nobody
                .text("{\"id\":1,\"auth\":{\"token\":\"" + token + "\"}}")
                .await("error")
                .path("error");
        assertThat(error.path("code").asText()).isEqualTo("too_many_connections");
        nobody.text("{\"id\":2,\"ping\":{}}").await("pong");
      }
    }
    await().atMost(LIMIT).until(() -> welcomed(alice));
  }

  private static boolean welcomed(String... headers) {
    try (WsPeer peer = WsPeer.connect(gateway, headers)) {
      return peer.json().has("welcome");
    }
  }

  @Test
  void aPublicationTooManyIsAnErrorFrameAndTheConnectionStays() {
    try (WsPeer peer = WsPeer.connect(gateway, lines(token("alice-publishes-by-websocket")))) {
      peer.await("welcome");
      JsonNode answer = NullNode.getInstance();
      for (int id = 1; !answer.has("error"); id++) {
        answer =
            peer.text(
                    "{\"id\":%d,\"publish\":{\"channel\":\"demo:limits-ws\",\"data\":1}}"
                        .formatted(id))
                .json();
        assertThat(answer.path("id").asInt()).isEqualTo(id);
      }
      assertThat(answer.path("error").path("code").asText()).isEqualTo("rate_limited");
      assertThat(answer.path("error").path("retry").asBoolean()).isTrue();
      peer.text("{\"id\":1000,\"ping\":{}}").await("pong");
    }
  }

  @Test
  void anAddressIsWhatATrustedProxySays() {
    List<StreamPeek> open = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        StreamPeek stream = open(from("203.0.113.1"));
        stream.untilLive(1);
        open.add(stream);
      }
      assertThat(poll(from("203.0.113.1")).status()).isEqualTo(429);
      assertThat(poll(from("203.0.113.1, 127.0.0.9")).status()).isEqualTo(429);
      assertThat(poll(from("203.0.113.2")).status()).isEqualTo(200);
    } finally {
      open.forEach(StreamPeek::close);
    }
    await().atMost(LIMIT).until(() -> poll(from("203.0.113.1")).status() == 200);
  }

  @Test
  void publicationsBeyondTheRateAreRefusedForNow() {
    Map<String, String> alice = token("alice-publishes");
    Channel channel = new Channel(Namespaces.DEMO, "limits-rate");
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(1))
        .untilAsserted(
            () -> {
              HttpRequest.Builder request = Http.publication(gateway, channel, "1");
              alice.forEach(request::header);
              Http.Answer answer = Http.send(request);
              assertThat(answer.status()).isEqualTo(429);
              assertThat(answer.json().path("code").asText()).isEqualTo("rate_limited");
              assertThat(answer.json().path("retry").asBoolean()).isTrue();
              assertThat(answer.headers().firstValue("Retry-After")).isPresent();
            });
  }

  @Test
  void eachLineOfABatchIsAPublication() {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.resolve("/v1/events"))
            .header("Content-Type", "application/x-ndjson")
            .header("X-Forwarded-For", "203.0.113.77")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"channel\":\"demo:limits-batch\",\"data\":1}\n".repeat(1_000)));
    Http.Answer answer = Http.send(request);
    assertThat(answer.status()).isEqualTo(200);
    List<String> lines = answer.body().lines().toList();
    assertThat(lines.getFirst()).startsWith("{\"id\":");
    assertThat(lines).filteredOn(line -> line.contains("rate_limited")).isNotEmpty();
  }

  @Test
  void aReplayIsSlowedDownToItsSubjectsRateAndStaysWhole(InProcessPlatform platform) {
    Channel channel = new Channel(Namespaces.DEMO, "limits-replay");
    int events = 60;
    String data = "\"" + "x".repeat(10_000) + "\"";
    for (int i = 0; i < events; i++) {
      Http.publish(platform.gateways().getFirst(), channel, data);
    }
    long begun = System.nanoTime();
    try (StreamPeek stream =
        StreamPeek.open(
            gateway,
            "/v1/events?channel=demo:limits-replay&from=earliest",
            token("alice-replays"))) {
      stream.untilLive(1);
      assertThat(stream.blocks())
          .filteredOn(block -> block.type().equals("message"))
          .hasSize(events);
    }
    // A second's worth comes at once, and a page beyond the rate before it is waited for.
    double most = (events * 10_000.0 - 2 * 100_000) / REPLAY_BYTES_PER_SECOND;
    assertThat((System.nanoTime() - begun) / 1e9).isGreaterThan(most - 1);
  }

  @Test
  void nonsenseIsRefusedAtStart() {
    for (String key : List.of("connections-per-subject", "replay-bytes-per-second")) {
      Map<String, Object> properties = new HashMap<>();
      properties.put("tailwater.edge.jwt-key", Tokens.KEY);
      properties.put("micronaut.server.port", FreePort.choose());
      properties.put("endpoints.all.port", FreePort.choose());
      properties.put("tailwater.edge.limits." + key, -1);
      assertThat(refusal(properties))
          .contains("tailwater.edge.limits." + key + " is -1; accepted: 0 or more");
    }
  }

  private static String refusal(Map<String, Object> properties) {
    try (ApplicationContext started = EdgeGateway.start(properties)) {
      return "started";
    } catch (RuntimeException e) {
      StringBuilder messages = new StringBuilder();
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        messages.append(cause.getMessage()).append('\n');
      }
      return messages.toString();
    }
  }

  private static StreamPeek open(Map<String, String> headers) {
    return StreamPeek.open(gateway, "/v1/events?channel=demo:limits", headers);
  }

  private static Http.Answer poll(Map<String, String> headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.resolve("/v1/events?channel=demo:limits"))
            .header("Accept", "application/json");
    headers.forEach(request::header);
    return Http.send(request);
  }

  private static Map<String, String> from(String forwardedFor) {
    return Map.of("X-Forwarded-For", forwardedFor);
  }

  private static String[] lines(Map<String, String> headers) {
    return headers.entrySet().stream()
        .map(header -> header.getKey() + ": " + header.getValue())
        .sorted()
        .toArray(String[]::new);
  }

  /** A client of its own address, so that only its subject counts. */
  private static Map<String, String> token(String subject) {
    return Map.of(
        "Authorization",
        "Bearer " + Tokens.token(subject, List.of("demo:*"), List.of("demo:*")),
        "X-Forwarded-For",
        "198.51.100." + Math.floorMod(subject.hashCode(), 250));
  }
}
