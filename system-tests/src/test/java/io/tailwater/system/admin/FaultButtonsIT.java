package io.tailwater.system.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tailwater.contract.Channel;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The demo page's fault buttons, on a gateway that any page may read from, as the launcher's. */
@OnPlatforms
final class FaultButtonsIT {
  private static ExtraGateway own;
  private static URI gateway;

  @BeforeAll
  static void start(InProcessPlatform platform) {
    own =
        platform.gateway(
            Map.of(
                "tailwater.instance",
                "edge-gateway-demo",
                "redis.uri",
                platform.redis().uri(),
                "tailwater.edge.dev",
                true,
                "tailwater.edge.origins",
                "*"));
    gateway = own.address();
  }

  @AfterAll
  static void stop() {
    own.close();
  }

  @Test
  void aConnectionIsCutAndComesBackWithWhatItMissed() {
    Channel channel = new Channel(Namespaces.DEMO, "buttons");
    String position;
    try (StreamPeek stream = StreamPeek.open(gateway, Wanted.of("cut", channel))) {
      String opened = Objects.requireNonNull(stream.next().data());
      String connection = Json.tree(opened).path("connection").asText();
      position = stream.next().lastEventId();
      assertThat(cut(connection, null).status()).isEqualTo(202);
      assertThatThrownBy(stream::untilEnd).hasMessageContaining("Connection reset");
    }
    Http.publish(gateway, channel, "{\"missed\":true}");
    try (StreamPeek back =
        StreamPeek.open(
            gateway,
            "/v1/events?channel=demo:buttons",
            Map.of("Accept", "text/event-stream", "Last-Event-ID", position))) {
      Block next = back.next();
      while (next.type().startsWith("tw.")) {
        next = back.next();
      }
      assertThat(next.data()).isEqualTo("{\"missed\":true}");
    }
  }

  @Test
  void pagesOfOthersMayNotPressThem() {
    Http.Answer denied = cut("c-1", "https://elsewhere.example");
    assertThat(denied.status()).isEqualTo(403);
    assertThat(denied.json().path("code").asText()).isEqualTo("origin_denied");
    assertThat(cut("c-1", "null").status()).isEqualTo(403);
    assertThat(cut("c-1", "http://" + gateway.getAuthority()).status()).isEqualTo(202);
  }

  @Test
  void aGatewayThatIsNoProcessOfItsOwnIsNotKilled() {
    Http.Answer answer =
        Http.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/dev/kill"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"gateway\":\"edge-gateway-demo\"}")));
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.body()).contains("tailwater up --processes");
  }

  @Test
  void pagesOfItsOwnMakeAnyTokenAndOthersNone() {
    String wish = "{\"subject\":\"bob\",\"call\":[\"admin.*\"],\"ttl_s\":60}";
    Http.Answer made = token(wish, "http://" + gateway.getAuthority());
    assertThat(made.status()).as(made.body()).isEqualTo(200);
    Http.Answer asked =
        Http.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/admin/connections"))
                .header("Authorization", "Bearer " + made.json().path("token").asText()));
    assertThat(asked.status()).as(asked.body()).isEqualTo(200);
    assertThat(token(wish, "https://elsewhere.example").status()).isEqualTo(403);
    for (String wrong : List.of("{}", "{\"subject\":\"a*\"}", "{\"subject\":\"a\",\"call\":1}")) {
      assertThat(token(wrong, null).status()).as(wrong).isEqualTo(400);
    }
  }

  private static Http.Answer token(String wish, @Nullable String origin) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.resolve("/v1/dev/tokens"))
            .POST(HttpRequest.BodyPublishers.ofString(wish));
    return Http.send(origin == null ? request : request.header("Origin", origin));
  }

  private static Http.Answer cut(String connection, @Nullable String origin) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.resolve("/v1/dev/cut"))
            .POST(HttpRequest.BodyPublishers.ofString("{\"connection\":\"" + connection + "\"}"));
    return Http.send(origin == null ? request : request.header("Origin", origin));
  }
}
