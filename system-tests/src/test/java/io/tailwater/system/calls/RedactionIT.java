package io.tailwater.system.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.micronaut.context.ApplicationContext;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A message that is edited and redacted, as readers get it from then on. */
@OnPlatforms
final class RedactionIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String ALICE = Tokens.member("alice", List.of("chat:*"), List.of("chat.*"));
  private static final String BOB = Tokens.member("bob", List.of("chat:*"), List.of("chat.*"));
  private static final String MODERATOR =
      Tokens.member("mo", List.of("chat:*"), List.of("chat.*", "room.moderate"));

  private final InProcessPlatform platform;

  RedactionIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void aRedactedMessageHasNoContentOnAnyTransportAndAfterARebuild() {
    String room = "chat:redacted";
    try (WsPeer live = WsPeer.connect(platform.gateways().getFirst(), authorization(ALICE));
        WsPeer pattern = WsPeer.connect(platform.gateways().getFirst(), authorization(ALICE))) {
      subscribe(live, room);
      subscribe(pattern, "chat:redact*");
      String id = call(ALICE, "chat.send", room, "\"text\":\"first secret\"", 200);
      String edit =
          call(ALICE, "chat.edit", room, "\"id\":\"" + id + "\",\"text\":\"second secret\"", 200);
      call(BOB, "chat.redact", room, "\"id\":\"" + id + "\"", 403);
      call(BOB, "chat.edit", room, "\"id\":\"" + id + "\",\"text\":\"x\"", 403);
      call(ALICE, "chat.redact", room, "\"id\":\"" + edit + "\"", 400);
      call(ALICE, "chat.redact", room, "\"id\":\"k-1\"", 404);
      String redaction = call(MODERATOR, "chat.redact", room, "\"id\":\"" + id + "\"", 200);
      for (WsPeer reader : List.of(live, pattern)) {
        assertThat(events(reader, 3))
            .satisfiesExactly(
                event -> assertThat(event.toString()).contains("first secret"),
                event -> {
                  assertThat(event.path("type").asText()).isEqualTo("edit");
                  assertThat(event.path("of").asText()).isEqualTo(id);
                },
                event -> {
                  assertThat(event.path("type").asText()).isEqualTo("redact");
                  assertThat(event.path("of").asText()).isEqualTo(id);
                  assertThat(event.path("id").asText()).isEqualTo(redaction);
                });
      }
      call(ALICE, "chat.edit", room, "\"id\":\"" + id + "\",\"text\":\"third\"", 404);
      // The gateways' tails are still there: live readers hold them.
      for (URI gateway : platform.gateways()) {
        assertGone(gateway, room, id);
      }
      rebuilt(room, id);
    }
  }

  /** Another event-core folds everything anew, and a gateway asks no other. */
  private void rebuilt(String room, String id) {
    int port = FreePort.choose();
    try (ApplicationContext core =
            platform.eventCore("event-core-rebuilt", port, Namespaces.properties());
        ExtraGateway gateway =
            platform.gateway(
                Map.of(
                    "redis.uri",
                    platform.redis().uri(),
                    "tailwater.edge.event-cores",
                    "127.0.0.1:" + port))) {
      await("the rebuilt event-core serves")
          .atMost(LIMIT)
          .until(() -> poll(gateway.address(), room, "from=earliest").status() == 200);
      assertGone(gateway.address(), room, id);
      assertThat(core.isRunning()).isTrue();
    }
  }

  private static void assertGone(URI gateway, String room, String id) {
    await(gateway + " has applied it")
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              for (String query :
                  List.of("from=earliest", "from=last:100", "before=" + after(gateway, room))) {
                Http.Answer answer = poll(gateway, room, query);
                assertThat(answer.body()).doesNotContain("secret");
                JsonNode first = answer.json().path("events").path(0);
                assertThat(first.path("id").asText()).isEqualTo(id);
                assertThat(first.path("redacted").asBoolean()).isTrue();
                assertThat(first.has("data")).isFalse();
              }
            });
    assertThat(poll(gateway, "chat:redact*", "from=earliest").body()).doesNotContain("secret");
    try (WsPeer late = WsPeer.connect(gateway, authorization(ALICE));
        WsPeer binary =
            WsPeer.connect(
                gateway, authorization(ALICE), "Sec-WebSocket-Protocol: tailwater.v1.protobuf")) {
      late.await("welcome");
      late.text(
          "{\"id\":1,\"subscribe\":{\"channel\":\"%s\",\"from\":\"earliest\"}}".formatted(room));
      assertThat(events(late, 3)).noneMatch(event -> event.toString().contains("secret"));
      assertThat(binary.status()).isEqualTo(101);
    }
  }

  private static String after(URI gateway, String room) {
    JsonNode events = poll(gateway, room, "from=earliest").json().path("events");
    return events.path(events.size() - 1).path("id").asText();
  }

  private static void subscribe(WsPeer reader, String scope) {
    reader.await("welcome");
    reader.text("{\"id\":1,\"subscribe\":{\"channel\":\"" + scope + "\"}}");
    reader.await("subscribed");
    reader.await("live");
  }

  private static List<JsonNode> events(WsPeer reader, int count) {
    List<JsonNode> events = new ArrayList<>();
    while (events.size() < count) {
      reader.await("events").path("events").forEach(events::add);
    }
    return events;
  }

  private String call(String token, String method, String room, String arguments, int status) {
    Http.Answer answer =
        Http.send(
            HttpRequest.newBuilder(platform.gateways().getFirst().resolve("/v1/calls"))
                .header("Authorization", "Bearer " + token)
                .header("Content-Type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"method\":\"%s\",\"data\":{\"room\":\"%s\",%s}}"
                            .formatted(method, room, arguments))));
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    return answer.json().at("/data/id").asText();
  }

  private static Http.Answer poll(URI gateway, String channel, String query) {
    return Http.send(
        HttpRequest.newBuilder(
                gateway.resolve(
                    "/v1/events?envelope=true&limit=100&"
                        + query
                        + "&channel="
                        + Wanted.encoded(channel)))
            .header("Authorization", "Bearer " + ALICE)
            .header("Accept", "application/json"));
  }

  private static String authorization(String token) {
    return "Authorization: Bearer " + token;
  }
}
