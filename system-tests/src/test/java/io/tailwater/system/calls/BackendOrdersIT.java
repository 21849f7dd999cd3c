package io.tailwater.system.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.backend.v1.Done;
import io.tailwater.contract.backend.v1.ToGateway;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.TestBackend;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a backend asks of a gateway, and what a bad backend does to its clients. */
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class BackendOrdersIT {
  private static final String ALICE = Tokens.member("alice", List.of("demo:*"), List.of("*"));
  private static final String SECRET_ROOM = "chat:orders of a backend";

  private final InProcessPlatform platform;
  private TestBackend backend;
  private ExtraGateway gateway;
  private URI address;

  BackendOrdersIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @BeforeEach
  void start() {
    backend = new TestBackend(0);
    gateway =
        platform.gateway(
            Map.of(
                "redis.uri",
                platform.redis().uri(),
                "tailwater.edge.backends",
                "127.0.0.1:" + backend.port()));
    address = gateway.ready().address();
    await().atMost(Duration.ofSeconds(60)).until(() -> call("echo", "", 5_000).status() == 200);
  }

  @AfterEach
  void stop() {
    gateway.close();
    backend.close();
  }

  @Test
  void aBackendPushesSubscribesAndEnds() throws Exception {
    String published =
        Http.send(
                HttpRequest.newBuilder(
                        platform
                            .gateways()
                            .getFirst()
                            .resolve("/v1/events?channel=chat:orders%20of%20a%20backend"))
                    .header(
                        "Authorization",
                        "Bearer " + Tokens.member("bob", List.of("chat:*"), List.of()))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"n\":1}")))
            .json()
            .path("id")
            .asText();
    try (WsPeer socket = WsPeer.connect(address, "Authorization: Bearer " + ALICE);
        WsPeer other = WsPeer.connect(address)) {
      socket.await("welcome");
      other.await("welcome");
      frame(socket, 1, "push", "null");
      assertThat(socket.await("push").path("push").toString())
          .isEqualTo("{\"type\":\"note\",\"data\":1}");
      assertThat(done().getConnections()).isEqualTo(1);

      backend.send(
          ToGateway.newBuilder()
              .setPush(TestBackend.push("{\"a\":2}").setId(7).setSubject("alice"))
              .build());
      assertThat(socket.await("push").at("/push/data/a").asInt()).isEqualTo(2);
      assertThat(done()).extracting(Done::getId, Done::getConnections).containsExactly(7L, 1);
      backend.send(
          ToGateway.newBuilder()
              .setPush(TestBackend.push("3").setId(8).setSubject("anonymous"))
              .build());
      assertThat(done().getConnections()).isZero();

      // The client's own token does not allow it.
      frame(socket, 2, "join", "\"" + SECRET_ROOM + "\"");
      JsonNode subscribed = socket.await("subscribed");
      assertThat(subscribed.path("id").asInt()).isZero();
      assertThat(subscribed.at("/subscribed/channel").asText()).isEqualTo(SECRET_ROOM);
      assertThat(socket.await("events").at("/events/0/id").asText()).isEqualTo(published);
      assertThat(done().getId()).isEqualTo(2);
      frame(socket, 3, "leave", "\"" + SECRET_ROOM + "\"");
      assertThat(socket.await("unsubscribed").at("/unsubscribed/channel").asText())
          .isEqualTo(SECRET_ROOM);
      assertThat(done().getConnections()).isEqualTo(1);
      frame(socket, 4, "leave", "\"" + SECRET_ROOM + "\"");
      assertThat(done().getConnections()).isZero();
      frame(socket, 5, "join", "\"platform:x\"");
      assertThat(done().getCode()).isEqualTo("forbidden");

      frame(socket, 6, "end", "null");
      assertThat(socket.closed()).isEqualTo(4503);
      assertThat(done().getId()).isEqualTo(4);
    }
  }

  @Test
  void callsOfABadBackendFailInTimeAndEventsGoOn() throws Exception {
    try (WsPeer socket = WsPeer.connect(address, "Authorization: Bearer " + ALICE)) {
      socket.await("welcome");
      socket.text("{\"id\":1,\"subscribe\":{\"channel\":\"demo:beside calls\"}}");
      socket.await("live");
      for (int i = 0; i < 60; i++) {
        frame(socket, 100 + i, "never", "null");
      }
      Http.Answer late = call("never", "", 300);
      assertThat(late.status()).isEqualTo(504);
      assertThat(late.json().path("retry").asBoolean()).isFalse();
      assertThat(call("never", "k", 300).json().path("retry").asBoolean()).isTrue();
      assertThat(call("rubbish", "", 5_000).json().path("code").asText()).isEqualTo("internal");
      assertThat(call("twice", "", 5_000).status()).isEqualTo(200);
      socket.text("{\"id\":2,\"publish\":{\"channel\":\"demo:beside calls\",\"data\":{\"n\":1}}}");
      assertThat(socket.await("events").at("/events/0/data/n").asInt()).isEqualTo(1);
      backend.close();
      int lost = 0;
      while (lost < 60) {
        JsonNode error = socket.await("error");
        assertThat(error.at("/error/code").asText()).isIn("unavailable", "timeout");
        lost++;
      }
      Http.Answer away = call("echo", "k", 5_000);
      assertThat(away.status()).isEqualTo(503);
      assertThat(away.json().path("retry").asBoolean()).isTrue();
      socket.text("{\"id\":3,\"publish\":{\"channel\":\"demo:beside calls\",\"data\":{\"n\":2}}}");
      assertThat(socket.await("events").at("/events/0/data/n").asInt()).isEqualTo(2);
    }
  }

  @Test
  void aBackendDecidesBesidesTheTokenAndWhileItIsAwayNobodyIsLetIn() {
    String member = Tokens.member("carol", List.of("members:*"), List.of());
    assertThat(get(member, "/v1/events?channel=members:open&from=earliest").status())
        .isEqualTo(200);
    assertThat(get(member, "/v1/state?channel=members:open").status()).isEqualTo(200);
    assertThat(get(member, "/v1/channel?channel=members:open").status()).isEqualTo(200);
    assertThat(backend.questions).as("asked once").containsExactly("SUBSCRIBE members:open");
    for (String path :
        List.of(
            "/v1/events?channel=members:closed",
            "/v1/state?channel=members:closed",
            "/v1/channel?channel=members:closed",
            "/v1/events?before=k-1&channel=members:closed")) {
      Http.Answer refused = get(member, path);
      assertThat(refused.status()).as(path).isEqualTo(403);
      assertThat(refused.json().path("message").asText()).isEqualTo("not a member");
    }
    assertThat(publish(member, "members:open")).isEqualTo(201);
    assertThat(publish(member, "members:closed")).isEqualTo(403);
    assertThat(get(ALICE, "/v1/events?channel=members:open").status())
        .as("the token does not allow it, so nobody is asked")
        .isEqualTo(403);
    assertThat(backend.questions).hasSize(4);
    try (WsPeer socket = WsPeer.connect(address, "Authorization: Bearer " + member)) {
      socket.await("welcome");
      socket.text("{\"id\":1,\"subscribe\":{\"channel\":\"members:closed\"}}");
      assertThat(socket.await("error").at("/error/code").asText()).isEqualTo("forbidden");
      backend.close();
      socket.text("{\"id\":2,\"subscribe\":{\"channel\":\"members:open\"}}");
      assertThat(socket.await("subscribed").path("id").asInt()).as("remembered").isEqualTo(2);
      socket.text("{\"id\":3,\"subscribe\":{\"channel\":\"members:other\"}}");
      assertThat(socket.await("error").at("/error/code").asText()).isEqualTo("unavailable");
    }
  }

  @Test
  void noticesAreReadByTheirSubjectsAndByEveryToken() {
    String bob = Tokens.member("bob", List.of(), List.of());
    assertThat(get(bob, "/v1/events?channel=user:bob").status()).isEqualTo(200);
    assertThat(get(bob, "/v1/events?channel=user:alice").status()).isEqualTo(403);
    assertThat(get(bob, "/v1/events?channel=all:announcements").status()).isEqualTo(200);
    assertThat(publish(bob, "user:bob")).isEqualTo(403);
  }

  private Http.Answer get(String token, String path) {
    return Http.send(
        HttpRequest.newBuilder(address.resolve(path))
            .header("Authorization", "Bearer " + token)
            .header("Accept", "application/json"));
  }

  private int publish(String token, String channel) {
    return Http.send(
            HttpRequest.newBuilder(address.resolve("/v1/events?channel=" + channel))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("1")))
        .status();
  }

  private static void frame(WsPeer socket, int id, String method, String data) {
    socket.text(
        "{\"id\":%d,\"call\":{\"method\":\"%s\",\"data\":%s,\"timeout_ms\":30000}}"
            .formatted(id, method, data));
  }

  private Done done() throws InterruptedException {
    return Objects.requireNonNull(backend.done.poll(60, TimeUnit.SECONDS));
  }

  private Http.Answer call(String method, String key, int timeoutMs) {
    return Http.send(
        HttpRequest.newBuilder(address.resolve("/v1/calls"))
            .header("Authorization", "Bearer " + ALICE)
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"method\":\"%s\",\"data\":1,\"key\":\"%s\",\"timeout_ms\":%d}"
                        .formatted(method, key, timeoutMs))));
  }
}
