package io.tailwater.system.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What is connected is seen, and ended, through any gateway. */
@OnPlatforms
@ResourceLock(Platforms.IN_PROCESS)
@Order(Integer.MAX_VALUE)
final class AdminIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final String ADMIN = Tokens.caller("admin", List.of("admin.connections"));

  private final InProcessPlatform platform;

  AdminIT(InProcessPlatform platform) {
    this.platform = platform;
    await()
        .atMost(LIMIT)
        .until(
            () ->
                platform.gateways().stream()
                    .allMatch(gateway -> list(gateway, "").path("gateways").size() == 2));
  }

  @Test
  void connectionsOfEveryGatewayAreSeenThroughAny() {
    List<StreamPeek> streams = new ArrayList<>();
    try {
      for (URI gateway : platform.gateways()) {
        StreamPeek stream = open(gateway, "alice-seen", "channel=demo:seen&channel=typing:seen");
        stream.untilLive(2);
        streams.add(stream);
      }
      for (URI gateway : platform.gateways()) {
        JsonNode page = list(gateway, "subject=alice-seen");
        assertThat(page.path("complete").asBoolean()).isTrue();
        assertThat(page.path("connections")).hasSize(2);
        assertThat(page.path("connections"))
            .extracting(one -> one.path("gateway").asText())
            .containsExactlyInAnyOrder("edge-gateway-1", "edge-gateway-2");
        JsonNode one = page.path("connections").path(0);
        assertThat(one.path("subject").asText()).isEqualTo("alice-seen");
        assertThat(one.path("transport").asText()).isEqualTo("sse");
        assertThat(one.path("address").asText()).isEqualTo("127.0.0.1");
        assertThat(one.path("since_ms").asLong()).isPositive();
        assertThat(one.path("buffered_bytes").isIntegralNumber()).isTrue();
        assertThat(one.path("channel_count").asInt()).isEqualTo(2);
        assertThat(one.path("channels"))
            .allSatisfy(
                channel -> {
                  assertThat(channel.path("state").asText()).isEqualTo("live");
                  assertThat(channel.path("lag").asLong()).isZero();
                  assertThat(channel.path("position").asText()).isNotEmpty();
                });
      }
    } finally {
      streams.forEach(StreamPeek::close);
    }
    await()
        .atMost(LIMIT)
        .until(() -> list(platform.gateways().getFirst(), "subject=alice-seen"), none());
  }

  @Test
  void pagesAreBoundedAndGoOn() {
    List<StreamPeek> streams = new ArrayList<>();
    try {
      for (int i = 0; i < 5; i++) {
        StreamPeek stream =
            open(platform.gateways().get(i % 2), "alice-pages", "channel=demo:pages");
        stream.untilLive(1);
        streams.add(stream);
      }
      List<String> seen = new ArrayList<>();
      String after = "";
      do {
        JsonNode page =
            list(platform.gateways().getFirst(), "channel=demo:pages&limit=2&after=" + after);
        assertThat(page.path("connections").size()).isBetween(1, 2);
        page.path("connections").forEach(one -> seen.add(one.path("connection").asText()));
        after = page.path("next").asText();
      } while (!after.isEmpty());
      assertThat(seen).hasSize(5).doesNotHaveDuplicates().isSorted();
    } finally {
      streams.forEach(StreamPeek::close);
    }
  }

  @Test
  void aSubjectsConnectionsAreEndedOnEveryGatewayAndNobodyElses() {
    List<StreamPeek> theirs = new ArrayList<>();
    for (URI gateway : platform.gateways()) {
      StreamPeek stream = open(gateway, "mallory", "channel=demo:ended");
      stream.untilLive(1);
      theirs.add(stream);
    }
    try (StreamPeek other =
        open(platform.gateways().getFirst(), "alice-stays", "channel=demo:ended")) {
      other.untilLive(1);
      JsonNode answer =
          send(HttpRequest.newBuilder(
                      platform.gateways().get(1).resolve("/v1/admin/connections?subject=mallory"))
                  .DELETE())
              .json();
      assertThat(answer.path("ended").asInt()).isEqualTo(2);
      assertThat(answer.path("complete").asBoolean()).isTrue();
      for (StreamPeek stream : theirs) {
        assertThat(stream.untilEnd().getLast().type()).isEqualTo("tw.retry");
        stream.close();
      }
      JsonNode left = list(platform.gateways().getFirst(), "channel=demo:ended");
      assertThat(left.path("connections"))
          .extracting(one -> one.path("subject").asText())
          .containsExactly("alice-stays");
    }
  }

  @Test
  void oneConnectionIsEndedThroughAnyGateway() {
    List<StreamPeek> theirs = new ArrayList<>();
    for (URI gateway : platform.gateways()) {
      StreamPeek stream = open(gateway, "bob-one", "channel=demo:one");
      stream.untilLive(1);
      theirs.add(stream);
    }
    String first =
        list(platform.gateways().getFirst(), "subject=bob-one")
            .path("connections")
            .path(0)
            .path("connection")
            .asText();
    for (URI gateway : platform.gateways()) {
      int expected = gateway.equals(platform.gateways().getFirst()) ? 1 : 0;
      assertThat(end(gateway, "connection=" + first).path("ended").asInt()).isEqualTo(expected);
    }
    assertThat(list(platform.gateways().getFirst(), "subject=bob-one").path("connections"))
        .hasSize(1);
    theirs.forEach(StreamPeek::close);
  }

  @Test
  void oneSubscriptionIsEndedOverEveryTransport() {
    String token = Tokens.token("carol-one", List.of("demo:*"), List.of());
    for (int i = 0; i < 2; i++) {
      URI through = platform.gateways().get(1 - i);
      String kicked = "demo:kicked-" + i;
      try (WsPeer peer =
              WsPeer.connect(platform.gateways().get(i), "Authorization: Bearer " + token);
          StreamPeek stream = open(platform.gateways().get(i), "carol-one", "channel=" + kicked);
          StreamPeek other = open(platform.gateways().get(i), "dave-one", "channel=" + kicked)) {
        stream.untilLive(1);
        other.untilLive(1);
        peer.text(subscription(1, kicked)).await("live");
        peer.text(subscription(2, "demo:stays-" + i)).await("live");
        JsonNode ended = end(through, "subject=carol-one&channel=" + kicked);
        assertThat(ended.path("ended").asInt()).isEqualTo(2);
        assertThat(peer.await("unsubscribed").path("unsubscribed").path("channel").asText())
            .isEqualTo(kicked);
        assertThat(stream.untilEnd().getLast().type()).isEqualTo("tw.retry");
        JsonNode left = list(through, "channel=" + kicked).path("connections");
        assertThat(left)
            .extracting(one -> one.path("subject").asText())
            .containsExactly("dave-one");
        peer.text(subscription(3, kicked)).await("subscribed");
        assertThat(list(through, "subject=carol-one&channel=demo:stays-" + i).path("connections"))
            .hasSize(1);
      }
    }
    assertThat(end(platform.gateways().getFirst(), "channel=demo:nobody").path("ended").asInt())
        .isZero();
  }

  private static String subscription(int id, String channel) {
    return "{\"id\":" + id + ",\"subscribe\":{\"channel\":\"" + channel + "\"}}";
  }

  private static JsonNode end(URI gateway, String query) {
    Http.Answer answer =
        send(HttpRequest.newBuilder(gateway.resolve("/v1/admin/connections?" + query)).DELETE());
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  @Test
  void namespacesAreShownBesideTheirTopics() {
    URI namespaces = platform.gateways().getFirst().resolve("/v1/admin/namespaces");
    String token = Tokens.caller("admin", List.of("admin.namespaces"));
    Http.Answer answer =
        Http.send(HttpRequest.newBuilder(namespaces).header("Authorization", "Bearer " + token));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    JsonNode all = answer.json().path("namespaces");
    assertThat(all)
        .extracting(each -> each.path("namespace").asText())
        .contains("demo", "chat", "ai", "typing");
    for (JsonNode each : all) {
      boolean ephemeral = each.path("ephemeral").asBoolean();
      assertThat(each.path("retention_ms").isNull()).isEqualTo(ephemeral);
      assertThat(each.path("topic").isNull()).isEqualTo(ephemeral);
      assertThat(each.path("differences").isArray()).isTrue();
      assertThat(each.path("problem").isNull()).isTrue();
    }
    assertThat(send(HttpRequest.newBuilder(namespaces)).status()).isEqualTo(403);
    assertThat(Http.send(HttpRequest.newBuilder(namespaces)).status()).isEqualTo(401);
  }

  @Test
  void onlyWhoMayCallItIsAnswered() {
    URI gateway = platform.gateways().getFirst();
    HttpRequest.Builder nobody = HttpRequest.newBuilder(gateway.resolve("/v1/admin/connections"));
    assertThat(Http.send(nobody).status()).isEqualTo(401);
    HttpRequest.Builder reader =
        HttpRequest.newBuilder(gateway.resolve("/v1/admin/connections"))
            .header(
                "Authorization",
                "Bearer " + Tokens.token("alice", List.of("demo:*"), List.of("demo:*")));
    assertThat(Http.send(reader).status()).isEqualTo(403);
    Http.Answer whose =
        send(HttpRequest.newBuilder(gateway.resolve("/v1/admin/connections")).DELETE());
    assertThat(whose.status()).isEqualTo(400);
    assertThat(whose.json().path("message").asText()).contains("?subject=");
    Http.Answer limit =
        send(HttpRequest.newBuilder(gateway.resolve("/v1/admin/connections?limit=1001")));
    assertThat(limit.status()).isEqualTo(400);
  }

  private static Predicate<JsonNode> none() {
    return page -> page.path("connections").isEmpty();
  }

  private static JsonNode list(URI gateway, String query) {
    Http.Answer answer =
        send(HttpRequest.newBuilder(gateway.resolve("/v1/admin/connections?" + query)));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private static Http.Answer send(HttpRequest.Builder request) {
    return Http.send(request.header("Authorization", "Bearer " + ADMIN));
  }

  private static StreamPeek open(URI gateway, String subject, String query) {
    return StreamPeek.open(
        gateway,
        "/v1/events?" + query,
        Map.of(
            "Authorization",
            "Bearer " + Tokens.token(subject, List.of("demo:*", "typing:*"), List.of())));
  }
}
