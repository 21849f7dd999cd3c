package io.tailwater.system.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.micronaut.context.ApplicationContext;
import io.tailwater.contract.Channel;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Two platforms with the same namespaces and the same Redis do not notice each other. */
@OnPlatforms
@Order(3)
final class SharedRedisIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Channel TYPING = new Channel(Namespaces.TYPING, "shared-redis");
  private static final String ADMIN = Tokens.caller("admin", List.of("admin.connections"));

  private static ApplicationContext eventCore;
  private static ExtraGateway other;

  private final URI ours;
  private final InProcessPlatform platform;

  SharedRedisIT(InProcessPlatform platform) {
    this.platform = platform;
    this.ours = platform.gateways().getFirst();
  }

  @BeforeAll
  static void start(InProcessPlatform beside) {
    int port = FreePort.choose();
    Map<String, Object> settings = Namespaces.properties();
    settings.put("tailwater.core.platform", "other");
    settings.put("tailwater.core.broadcast-group", "other");
    eventCore = beside.eventCore("event-core-other", port, settings);
    other =
        beside
            .gateway(
                Map.of(
                    "tailwater.instance",
                    "edge-gateway-other",
                    "tailwater.edge.event-cores",
                    List.of("127.0.0.1:" + port)))
            .ready();
  }

  @AfterAll
  static void stop() {
    other.close();
    eventCore.close();
  }

  @Test
  void ephemeralEventsReachReadersOfTheirOwnPlatform() {
    try (StreamPeek here = open(ours, "alice-shared");
        StreamPeek there = open(other.address(), "alice-shared")) {
      here.untilLive(1);
      there.untilLive(1);
      for (int i = 0; i < 5; i++) {
        send(Http.publication(ours, TYPING, "\"ours\""), 201);
        send(Http.publication(other.address(), TYPING, "\"theirs\""), 201);
        assertThat(nextEvent(here).data()).isEqualTo("\"ours\"");
        assertThat(nextEvent(there).data()).isEqualTo("\"theirs\"");
      }
    }
  }

  @Test
  void questionsAndDisconnectsReachGatewaysOfTheirOwnPlatform() {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () ->
                assertThat(list(other.address(), "").path("gateways"))
                    .extracting(JsonNode::asText)
                    .containsExactly("edge-gateway-other"));
    assertThat(list(ours, "").path("gateways"))
        .extracting(JsonNode::asText)
        .doesNotContain("edge-gateway-other");
    try (StreamPeek here = open(ours, "mallory-shared");
        StreamPeek there = open(other.address(), "mallory-shared")) {
      here.untilLive(1);
      there.untilLive(1);
      JsonNode ended =
          send(
                  HttpRequest.newBuilder(
                          ours.resolve("/v1/admin/connections?subject=mallory-shared"))
                      .header("Authorization", "Bearer " + ADMIN)
                      .DELETE(),
                  200)
              .json();
      assertThat(ended.path("ended").asInt()).isEqualTo(1);
      assertThat(here.untilEnd().getLast().type()).isEqualTo("tw.retry");
      assertThat(list(other.address(), "subject=mallory-shared").path("connections")).hasSize(1);
    }
  }

  @Test
  void everyChannelOfRedisNamesItsPlatform() {
    RedisClient client = RedisClient.create(platform.redis().uri());
    try {
      RedisCommands<String, String> commands = client.connect().sync();
      // A gateway listens once its event-core has told it the platform.
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(commands.pubsubChannels())
                      .anyMatch(channel -> channel.startsWith("tw:other:")));
      assertThat(commands.pubsubChannels())
          .allMatch(
              channel ->
                  channel.startsWith(platform.name().prefix()) || channel.startsWith("tw:other:"));
    } finally {
      client.shutdown();
    }
  }

  /** The next block that is not about the stream itself. */
  private static Block nextEvent(StreamPeek stream) {
    Block block = stream.next();
    while (block.type().startsWith("tw.")) {
      block = stream.next();
    }
    return block;
  }

  private static JsonNode list(URI gateway, String query) {
    return send(
            HttpRequest.newBuilder(gateway.resolve("/v1/admin/connections?" + query))
                .header("Authorization", "Bearer " + ADMIN),
            200)
        .json();
  }

  private static Http.Answer send(HttpRequest.Builder request, int status) {
    Http.Answer answer = Http.send(request);
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    return answer;
  }

  private static StreamPeek open(URI gateway, String subject) {
    return StreamPeek.open(
        gateway,
        "/v1/events?channel=" + TYPING,
        Map.of(
            "Accept",
            "text/event-stream",
            "Authorization",
            "Bearer " + Tokens.token(subject, List.of("typing:*"), List.of())));
  }
}
