package io.tailwater.system.presence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.embedded.RedisServer;
import io.tailwater.servers.TestServers;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Relay;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Who is present, seen from another gateway; and what becomes of it when things break. */
@OnPlatforms
final class PresenceIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final InProcessPlatform platform;
  private final URI first;
  private final URI second;

  PresenceIT(InProcessPlatform platform) {
    this.platform = platform;
    this.first = platform.gateways().getFirst();
    this.second = platform.gateways().getLast();
  }

  @Test
  void aMemberWithTwoTabsIsSeenOnceAndLeavesWithTheLast() {
    String channel = "chat:presence-tabs";
    try (Onlooker onlooker = Onlooker.open(second, channel)) {
      WsPeer one = socket(first, "alice", channel, ",\"info\":{\"name\":\"Alice\"}");
      WsPeer two = socket(second, "alice", channel, "");
      onlooker.until(seen -> seen.members().equals(Set.of("alice")));
      awaitPresent(first, channel, 1, 2);
      one.echoAndEnd(1000);
      awaitPresent(first, channel, 1, 1);
      try (WsPeer bob = socket(first, "bob", channel, "")) {
        onlooker.until(seen -> seen.members().contains("bob"));
        assertThat(onlooker.everLeft()).isEmpty();
        two.echoAndEnd(1001);
        onlooker.until(seen -> seen.members().equals(Set.of("bob")));
      }
      // A connection that breaks leaves after the grace only.
      onlooker.until(seen -> seen.members().isEmpty());
      awaitPresent(second, channel, 0, 0);
    }
  }

  @Test
  void whoComesBackToAnotherGatewayWithinTheGraceNeverLeft() {
    String channel = "chat:presence-roam";
    try (Onlooker onlooker = Onlooker.open(second, channel)) {
      StreamPeek stream = stream(first, "carol", channel, "&present=true");
      onlooker.until(seen -> seen.members().contains("carol"));
      long since = present(second, channel).path("members").path(0).path("since_ms").asLong();
      stream.close();
      awaitPresent(second, channel, 1, 0);
      try (StreamPeek again = stream(second, "carol", channel, "&present=true")) {
        again.untilLive(1);
        awaitPresent(second, channel, 1, 1);
        try (WsPeer dave = socket(first, "dave", channel, "")) {
          onlooker.until(seen -> seen.members().contains("dave"));
        }
        // After more than carol's grace, dave's is over.
        onlooker.until(seen -> seen.everLeft().contains("dave"));
        assertThat(onlooker.members()).containsExactly("carol");
        assertThat(onlooker.everLeft()).containsExactly("dave");
        assertThat(present(first, channel).path("members").path(0).path("since_ms").asLong())
            .isEqualTo(since);
        assertThat(post("carol", channel).status()).isEqualTo(204);
      }
      onlooker.until(seen -> seen.members().isEmpty());
    }
  }

  @Test
  void leavingIsAtOnceByUnsubscribingAndByPostAndPollsStayForAWhile() {
    String channel = "chat:presence-leave";
    try (WsPeer erin = socket(first, "erin", channel, "")) {
      awaitPresent(second, channel, 1, 1);
      erin.text("{\"id\":9,\"unsubscribe\":{\"channel\":\"" + channel + "\"}}");
      awaitPresent(second, channel, 0, 0);
    }
    Http.Answer poll =
        get("frank", first, "/v1/events?present=true&channel=" + channel, "application/json");
    assertThat(poll.status()).isEqualTo(200);
    awaitPresent(second, channel, 1, 0);
    assertThat(post("frank", channel).status()).isEqualTo(204);
    awaitPresent(second, channel, 0, 0);
    assertThat(post("nobody", channel).status()).isEqualTo(204);
    assertThat(
            Http.send(
                    HttpRequest.newBuilder(
                            first.resolve("/v1/presence/leave?channel=board:presence"))
                        .POST(HttpRequest.BodyPublishers.noBody()))
                .status())
        .isEqualTo(401);
  }

  @Test
  void informationIsShownAndChangedAndListsComeInPages() {
    String channel = "chat:presence-info";
    try (WsPeer one = socket(first, "p1", channel, ",\"info\":{\"n\":1.50}");
        WsPeer two = socket(second, "p2", channel, "");
        StreamPeek watching =
            stream(
                second,
                "p3",
                channel,
                "&presence=true&present=true&info="
                    + URLEncoder.encode("{\"a\":\"\u2028\"}", StandardCharsets.UTF_8))) {
      awaitPresent(first, channel, 3, 3);
      JsonNode page = present(first, channel + "&limit=2");
      assertThat(page.path("members"))
          .extracting(each -> each.path("subject").asText())
          .containsExactly("p1", "p2");
      // As it was written.
      assertThat(get("reader", first, "/v1/presence?channel=" + channel, "*/*").body())
          .contains("\"info\":{\"n\":1.50}");
      JsonNode rest = present(first, channel + "&limit=2&after=" + page.path("next").asText());
      assertThat(rest.path("members").path(0).path("subject").asText()).isEqualTo("p3");
      assertThat(rest.path("members").path(0).path("info").path("a").asText()).isEqualTo("\u2028");
      assertThat(rest.has("next")).isFalse();
      one.text(
          "{\"id\":5,\"present\":{\"channel\":\"" + channel + "\",\"info\":{\"n\":\"away\"}}}");
      assertThat(one.await("presented").path("id").asInt()).isEqualTo(5);
      Block change = watching.next();
      while (!String.valueOf(change.data()).contains("away")) {
        change = watching.next();
      }
      assertThat(change.type()).isEqualTo("tw.presence");
      assertThat(two.status()).isEqualTo(101);
    }
  }

  @Test
  void whereMembersAreOnlyCountedAnonymousConnectionsCountEach() {
    String channel = "board:presence-count";
    try (Onlooker onlooker = Onlooker.open(second, channel);
        StreamPeek one = stream(first, "", channel, "&present=true");
        StreamPeek two = stream(second, "", channel, "&present=true");
        WsPeer named = socket(first, "gina", channel, "")) {
      onlooker.until(seen -> seen.count() == 3);
      assertThat(onlooker.members()).isEmpty();
      assertThat(present(first, channel).has("members")).isFalse();
      one.close();
      onlooker.until(seen -> seen.count() == 2);
      named.echoAndEnd(1000);
      onlooker.until(seen -> seen.count() == 1);
      two.close();
      onlooker.until(seen -> seen.count() == 0);
    }
  }

  @Test
  void theStatusOfAChannelCountsSubscribersOfAllGateways() {
    String channel = "board:presence-subscribers";
    try (StreamPeek one = stream(first, "", channel, "");
        StreamPeek two = stream(second, "", channel, "")) {
      one.untilLive(1);
      two.untilLive(1);
      awaitSubscribers(channel, 2);
    }
    awaitSubscribers(channel, 0);
  }

  private void awaitSubscribers(String channel, int count) {
    await()
        .atMost(LIMIT)
        .until(
            () ->
                get("", first, "/v1/channel?channel=" + channel, "*/*")
                        .json()
                        .path("subscribers")
                        .asInt(-1)
                    == count);
  }

  @Test
  void binaryFramesSayTheSame() throws InvalidProtocolBufferException {
    String channel = "chat:presence-binary";
    try (WsPeer peer =
        WsPeer.connect(
            first, Onlooker.bearer("hugo"), "Sec-WebSocket-Protocol: tailwater.v1.protobuf")) {
      peer.send(
          WsPeer.FINAL | WsPeer.BINARY,
          ClientFrame.newBuilder()
              .setId(1)
              .setSubscribe(
                  Subscribe.newBuilder()
                      .setChannel(channel)
                      .setPresent(true)
                      .setPresence(true)
                      .setInfo(ByteString.copyFromUtf8("{\"x\":1}")))
              .build()
              .toByteArray());
      ServerFrame frame = ServerFrame.parseFrom(peer.next().payload());
      while (frame.getPresence().getMembersCount() + frame.getPresence().getJoinedCount() == 0) {
        frame = ServerFrame.parseFrom(peer.next().payload());
      }
      assertThat(frame.getPresence().toString()).contains("hugo").contains("{\\\"x\\\":1}");
    }
  }

  @Test
  void whatCannotBeIsRefused() {
    String chat = "/v1/events?channel=chat:presence-bad";
    for (String path :
        List.of(
            "/v1/events?channel=demo:a&present=true",
            "/v1/events?channel=chat:*&present=true",
            chat + "&present=true&info=7",
            chat + "&info={}".replace("{", "%7B").replace("}", "%7D"),
            chat + "&present=yes",
            "/v1/presence?channel=demo:a",
            "/v1/presence?channel=chat:a&after=~")) {
      assertThat(get("ivan", first, path, "*/*").status()).as(path).isEqualTo(400);
    }
    assertThat(get("ivan", first, chat + "&presence=true", "application/json").body())
        .contains("text/event-stream");
    String large = "%7B%22a%22:%22" + "x".repeat(1_100) + "%22%7D";
    assertThat(get("ivan", first, chat + "&present=true&info=" + large, "*/*").status())
        .isEqualTo(413);
    assertThat(get("", first, "/v1/presence?channel=chat:a", "*/*").status()).isEqualTo(401);
    try (WsPeer peer = WsPeer.connect(first, Onlooker.bearer("ivan"))) {
      peer.text("{\"id\":1,\"present\":{\"channel\":\"chat:presence-bad\",\"info\":{}}}");
      assertThat(peer.await("error").path("error").path("code").asText())
          .isEqualTo("invalid_request");
      peer.text("{\"id\":2,\"subscribe\":{\"channel\":\"chat:*\",\"present\":true}}");
      assertThat(peer.await("error").path("error").path("message").asText()).contains("pattern");
    }
  }

  @Test
  void nobodyLeavesWhileRedisIsAwayAndTheMembersOfADeadGatewayDo() throws Exception {
    String channel = "chat:presence-faults";
    RedisServer redis = TestServers.redis();
    try (Relay link = new Relay(URI.create(redis.uri().replace("redis:", "http:")));
        ExtraGateway cut =
            gateway("edge-gateway-cut", link.address().toString().replace("http:", "redis:"));
        ExtraGateway other = gateway("edge-gateway-whole", redis.uri());
        WsPeer judy = socket(cut.address(), "judy", channel, "");
        WsPeer kim = socket(other.address(), "kim", channel, "");
        Onlooker onlooker = Onlooker.open(other.address(), channel)) {
      onlooker.until(seen -> seen.members().equals(Set.of("judy", "kim")) && !seen.stale());
      redis.kill();
      onlooker.until(Onlooker::stale);
      JsonNode frozen = present(other.address(), channel);
      assertThat(frozen.path("stale").asBoolean()).isTrue();
      assertThat(frozen.path("count").asInt()).isEqualTo(2);
      redis.start();
      onlooker.until(seen -> !seen.stale());
      assertThat(onlooker.everLeft()).isEmpty();
      assertThat(onlooker.members()).containsExactly("judy", "kim");
      // To the other gateway, this one is as good as killed or stopped.
      link.cut();
      onlooker.until(seen -> !seen.members().contains("judy"));
      assertThat(onlooker.members()).containsExactly("kim");
      link.up();
      onlooker.until(seen -> seen.members().contains("judy"));
      assertThat(onlooker.everLeft()).containsExactly("judy");
      assertThat(judy.status() + kim.status()).isEqualTo(202);
    } finally {
      redis.close();
    }
  }

  private ExtraGateway gateway(String name, String redis) {
    return platform
        .gateway(
            Map.of(
                "tailwater.instance",
                name,
                "redis.uri",
                redis,
                "tailwater.edge.presence.lease",
                "5s",
                "tailwater.edge.jwt-key",
                Tokens.KEY))
        .ready();
  }

  /** A client that is present over a WebSocket. */
  private static WsPeer socket(URI gateway, String subject, String channel, String more) {
    WsPeer peer = WsPeer.connect(gateway, Onlooker.bearer(subject));
    peer.text(
        "{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\",\"present\":true" + more + "}}");
    peer.await("subscribed");
    return peer;
  }

  private static StreamPeek stream(URI gateway, String subject, String channel, String more) {
    String path = "/v1/events?channel=" + channel + more;
    return subject.isEmpty()
        ? StreamPeek.open(gateway, path, Map.of("Accept", "text/event-stream"))
        : StreamPeek.open(
            gateway,
            path,
            Map.of(
                "Accept",
                "text/event-stream",
                "Authorization",
                "Bearer " + Onlooker.token(subject)));
  }

  private static void awaitPresent(URI gateway, String channel, int members, int connections) {
    await()
        .atMost(LIMIT)
        .untilAsserted(
            () -> {
              JsonNode now = present(gateway, channel);
              assertThat(now.path("count").asInt(-1)).as(now.toString()).isEqualTo(members);
              assertThat(now.path("connections").asInt(-1))
                  .as(now.toString())
                  .isEqualTo(connections);
            });
  }

  private static JsonNode present(URI gateway, String channelAndMore) {
    return get("reader", gateway, "/v1/presence?channel=" + channelAndMore, "*/*").json();
  }

  private static Http.Answer get(String subject, URI gateway, String path, String accept) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.resolve(path)).header("Accept", accept);
    return Http.send(
        subject.isEmpty()
            ? request
            : request.header("Authorization", "Bearer " + Onlooker.token(subject)));
  }

  private Http.Answer post(String subject, String channel) {
    return Http.send(
        HttpRequest.newBuilder(
                first.resolve(
                    "/v1/presence/leave?channel="
                        + channel
                        + "&access_token="
                        + Onlooker.token(subject)))
            .POST(HttpRequest.BodyPublishers.noBody()));
  }
}
