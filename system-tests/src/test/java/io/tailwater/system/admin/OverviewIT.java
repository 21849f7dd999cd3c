package io.tailwater.system.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.KafkaTopics;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;

/** What gateways report of themselves, asked for and live. */
@OnPlatforms
final class OverviewIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String OPERATOR = Tokens.caller("operator", List.of("admin.*"));
  private static final Set<String> GATEWAYS = Set.of("edge-gateway-1", "edge-gateway-2");

  private final InProcessPlatform platform;

  OverviewIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void everyGatewayReportsThroughAny() {
    String token = Tokens.token("seen-by-overview", List.of("demo:*"), List.of());
    try (StreamPeek first = open(0, "/v1/events?channel=demo:counted", token);
        StreamPeek second = open(1, "/v1/events?channel=demo:counted", token)) {
      first.untilLive(1);
      second.untilLive(1);
      for (URI gateway : platform.gateways()) {
        JsonNode overview =
            await()
                .atMost(LIMIT)
                .until(
                    () -> get(gateway, "/v1/admin/overview", OPERATOR).json(),
                    answer -> names(answer.path("gateways")).containsAll(GATEWAYS));
        for (JsonNode report : overview.path("reports")) {
          if (GATEWAYS.contains(report.path("gateway").asText())) {
            assertIsWhole(report);
          }
        }
      }
    }
  }

  private static void assertIsWhole(JsonNode report) {
    assertThat(report.path("ready").asBoolean()).as(report.toString()).isTrue();
    assertThat(report.path("draining").asBoolean(true)).isFalse();
    assertThat(report.path("redis").asBoolean()).isTrue();
    assertThat(report.path("version").asText()).isNotEmpty();
    assertThat(report.path("connections").asInt()).isPositive();
    assertThat(report.path("transports").path("sse").asInt()).isPositive();
    assertThat(report.path("channels").asInt()).isPositive();
    assertThat(report.path("subscriptions"))
        .anySatisfy(
            share -> {
              assertThat(share.path("namespace").asText()).isEqualTo("demo");
              assertThat(share.path("transport").asText()).isEqualTo("sse");
              assertThat(share.path("count").asInt()).isPositive();
            });
    JsonNode counters = report.path("counters");
    assertThat(counters.path("delivered_events").isIntegralNumber()).isTrue();
    assertThat(names(counters.path("resets"))).contains("expired", "foreign");
    assertThat(report.path("event_cores"))
        .isNotEmpty()
        .allSatisfy(
            core -> {
              assertThat(core.path("instance").asText()).startsWith("event-core-");
              assertThat(core.path("ready").asBoolean()).isTrue();
              assertThat(core.path("kafka").asBoolean()).isTrue();
              assertThat(core.path("partitions").asInt()).isPositive();
            });
  }

  @Test
  void everyGatewayReportsLiveToWhoReadsThroughAny() {
    for (int i = 0; i < platform.gateways().size(); i++) {
      try (StreamPeek stream = open(i, "/v1/events?channel=admin:overview", OPERATOR)) {
        Set<String> heard = new HashSet<>();
        while (!heard.containsAll(GATEWAYS)) {
          Block block = stream.next();
          if (block.type().equals("gateway")) {
            JsonNode report = Json.tree(Objects.requireNonNull(block.data()));
            assertThat(report.path("behind").isArray()).isTrue();
            heard.add(report.path("gateway").asText());
          }
        }
      }
    }
  }

  @Test
  void onlyWhoMayCallItReadsIt() {
    URI gateway = platform.gateways().getFirst();
    String everything = Tokens.token("reader", List.of("*"), List.of("*"));
    for (String path : List.of("/v1/admin/overview", "/v1/events?channel=admin:overview&wait=0")) {
      assertThat(Http.send(request(gateway, path)).status()).as(path).isEqualTo(401);
      assertThat(get(gateway, path, everything).status()).as(path).isEqualTo(403);
      assertThat(get(gateway, path, OPERATOR).status()).as(path).isEqualTo(200);
    }
    String pattern = "/v1/events?channel=admin:*&wait=0";
    assertThat(get(gateway, pattern, OPERATOR).status()).isEqualTo(403);
    String both =
        Tokens.signed(
            "{\"alg\":\"HS256\"}",
            Map.of(
                "sub",
                "operator",
                "exp",
                Instant.now().plusSeconds(3_600).getEpochSecond(),
                "tw",
                Map.of("call", List.of("admin.*"), "publish", List.of("*"))),
            Tokens.KEY);
    Http.Answer published =
        Http.send(
            request(gateway, "/v1/events?channel=admin:overview")
                .header("Authorization", "Bearer " + both)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("1")));
    assertThat(published.status()).as(published.body()).isEqualTo(403);
    Http.Answer unknown = get(gateway, "/v1/admin/overview?limit=1", OPERATOR);
    assertThat(unknown.status()).isEqualTo(400);
  }

  @Test
  void oneConnectionIsFoundByItsId() {
    URI gateway = platform.gateways().getFirst();
    try (StreamPeek stream = open(1, "/v1/events?channel=demo:found", OPERATOR)) {
      String id =
          Json.tree(Objects.requireNonNull(stream.next().data())).path("connection").asText();
      stream.untilLive(1);
      JsonNode found =
          get(gateway, "/v1/admin/connections?connection=" + id, OPERATOR)
              .json()
              .path("connections");
      assertThat(found).hasSize(1);
      assertThat(found.path(0).path("connection").asText()).isEqualTo(id);
      assertThat(
              get(gateway, "/v1/admin/connections?connection=c-none", OPERATOR)
                  .json()
                  .path("connections"))
          .isEmpty();
    }
  }

  @Test
  void skippedRecordsAreShownWithTheWarning() throws Exception {
    try (KafkaTopics topics = new KafkaTopics(platform.bootstrapServers());
        var producer = topics.producer(Map.of())) {
      producer
          .send(
              new ProducerRecord<>("demo", 0, null, "\"no key\"".getBytes(StandardCharsets.UTF_8)))
          .get();
    }
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              JsonNode all =
                  get(platform.gateways().getFirst(), "/v1/admin/namespaces", OPERATOR)
                      .json()
                      .path("namespaces");
              JsonNode demo =
                  StreamSupport.stream(all.spliterator(), false)
                      .filter(each -> each.path("namespace").asText().equals("demo"))
                      .findFirst()
                      .orElseThrow();
              assertThat(demo.path("skipped"))
                  .anySatisfy(
                      skipped -> {
                        assertThat(skipped.path("reason").asText()).isEqualTo("no_key");
                        assertThat(skipped.path("records").asLong()).isPositive();
                        assertThat(skipped.path("warning").asText())
                            .contains("demo-0", "it has no key");
                      });
            });
  }

  private static Set<String> names(JsonNode node) {
    Set<String> names = new HashSet<>();
    node.fieldNames().forEachRemaining(names::add);
    node.forEach(each -> names.add(each.asText()));
    return names;
  }

  private static HttpRequest.Builder request(URI gateway, String path) {
    return HttpRequest.newBuilder(gateway.resolve(path)).header("Accept", "application/json");
  }

  private static Http.Answer get(URI gateway, String path, String token) {
    return Http.send(request(gateway, path).header("Authorization", "Bearer " + token));
  }

  private StreamPeek open(int gateway, String path, String token) {
    return StreamPeek.open(
        platform.gateways().get(gateway),
        path,
        Map.of("Accept", "text/event-stream", "Authorization", "Bearer " + token));
  }
}
