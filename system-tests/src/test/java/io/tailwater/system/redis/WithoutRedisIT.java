package io.tailwater.system.redis;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A gateway that never had a Redis: what needs none works, and the rest says so. */
@OnPlatforms
final class WithoutRedisIT {
  private static ExtraGateway own;
  private static URI gateway;

  @BeforeAll
  static void start(InProcessPlatform platform) {
    own =
        platform
            .gateway(
                Map.of(
                    "tailwater.instance",
                    "edge-gateway-alone",
                    "redis.uri",
                    "redis://secret@127.0.0.1:1"))
            .ready();
    gateway = own.address();
  }

  @AfterAll
  static void stop() {
    own.close();
  }

  @Test
  void durableEventsComeByFollow() {
    Channel channel = new Channel(Namespaces.DEMO, "without redis");
    try (StreamPeek stream = StreamPeek.open(gateway, Wanted.of("alone", channel))) {
      stream.next();
      assertThat(stream.next().type()).isEqualTo("tw.live");
      for (int i = 0; i < 3; i++) {
        Http.publish(gateway, channel, "{\"i\":" + i + "}");
        assertThat(stream.next().data()).isEqualTo("{\"i\":" + i + "}");
      }
    }
    assertThat(readiness()).contains("\"segments\":\"follow\"").contains("\"UP\"");
  }

  @Test
  void ephemeralChannelsOpenAndTheirPublisherIsToldThatNobodyHears() {
    Channel channel = new Channel(Namespaces.TYPING, "without redis");
    try (StreamPeek stream = StreamPeek.open(gateway, Wanted.of("alone", channel))) {
      stream.next();
      assertThat(stream.next().type()).isEqualTo("tw.live");
    }
    Http.Answer answer = Http.send(Http.publication(gateway, channel, "{}"));
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.body())
        .contains("\"unavailable\"")
        .contains("Redis")
        .doesNotContain("secret");
  }

  @Test
  void adminCallsAnswerForThisGatewayAndSaySo() {
    String token = Tokens.caller("admin", List.of("admin.connections"));
    JsonNode page =
        Http.send(
                HttpRequest.newBuilder(gateway.resolve("/v1/admin/connections"))
                    .header("Authorization", "Bearer " + token))
            .json();
    assertThat(page.path("complete").asBoolean()).isFalse();
    assertThat(page.path("gateways").toString()).contains("edge-gateway-alone");
  }

  private static String readiness() {
    return Http.send(HttpRequest.newBuilder(own.management().resolve("/health/readiness"))).body();
  }
}
