package io.tailwater.system.patterns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.Channel;
import io.tailwater.contract.PartitionPositions;
import io.tailwater.contract.v1.ChannelEvent;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.KafkaTopics;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.junit.jupiter.api.Test;

/** What a subscription to a pattern gets, who may have one, and what it is not for. */
@OnPlatforms
final class PatternsIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final String READER =
      Tokens.token("reader", List.of("demo:*", "chat:*", "typing:*", "ai:*"), List.of());

  private final InProcessPlatform platform;
  private final URI gateway;
  private final URI other;

  PatternsIT(InProcessPlatform platform) {
    this.platform = platform;
    this.gateway = platform.gateways().getFirst();
    this.other = platform.gateways().getLast();
  }

  @Test
  void everyTransportHasAllEventsOfAllMatchingChannelsInTheirOrder() throws Exception {
    List<Channel> channels = channels("all-", 12);
    Map<String, List<String>> published = publish(channels, 40);
    Http.publish(gateway, new Channel(Namespaces.DEMO, "al-other"), "0");

    Map<String, List<String>> sse = new TreeMap<>();
    String middle = "";
    try (StreamPeek stream = open(gateway, "channel=demo:all-*&from=earliest")) {
      Block open = stream.next();
      String position =
          Json.tree(String.valueOf(open.data())).path("positions").path("demo:all-*").asText();
      assertThat(position).isEqualTo(open.lastEventId()).startsWith("p1.");
      for (int i = 0; i < 40; i++) {
        Block block = stream.next();
        add(Json.tree(String.valueOf(block.data())), sse);
        middle = i == 20 ? block.lastEventId() : middle;
      }
      Block live = stream.next();
      assertThat(live.type()).isEqualTo("tw.live");
      assertThat(live.data()).isEqualTo("{\"channel\":\"demo:all-*\"}");
    }
    assertThat(sse).isEqualTo(published);

    Map<String, List<String>> polled = new TreeMap<>();
    JsonNode page = poll("channel=demo:all-*&from=earliest&limit=15");
    assertThat(page.path("events")).hasSizeLessThanOrEqualTo(15);
    while (!page.path("live").asBoolean()) {
      page.path("events").forEach(event -> add(event, polled));
      page = poll("channel=demo:all-*&limit=15&after=" + page.path("next").asText());
    }
    page.path("events").forEach(event -> add(event, polled));
    assertThat(polled).isEqualTo(published);

    Map<String, List<String>> json = new TreeMap<>();
    try (WsPeer peer = WsPeer.connect(other, "Authorization: Bearer " + READER)) {
      subscribe(peer, "{\"channel\":\"demo:all-*\",\"from\":\"earliest\"}");
      while (json.values().stream().mapToInt(List::size).sum() < 40) {
        JsonNode frame = peer.await("events");
        assertThat(frame.path("pattern").asText()).isEqualTo("demo:all-*");
        assertThat(frame.path("position").asText()).startsWith("p1.");
        frame.path("events").forEach(event -> add(event, json));
      }
      assertThat(peer.await("live").path("live").path("position").asText()).startsWith("p1.");
    }
    assertThat(json).isEqualTo(published);
    assertThat(protobuf("demo:all-*", 40)).isEqualTo(published);

    // The position of one transport goes on with another, at another gateway.
    JsonNode rest = poll("channel=demo:all-*&limit=1000&after=" + middle);
    assertThat(rest.path("events")).hasSize(19);
  }

  private Map<String, List<String>> protobuf(String pattern, int events)
      throws InvalidProtocolBufferException {
    Map<String, List<String>> got = new TreeMap<>();
    try (WsPeer peer =
        WsPeer.connect(
            other,
            "Authorization: Bearer " + READER,
            "Sec-WebSocket-Protocol: tailwater.v1.protobuf")) {
      byte[] subscribe =
          ClientFrame.newBuilder()
              .setId(1)
              .setSubscribe(Subscribe.newBuilder().setChannel(pattern).setFrom("earliest"))
              .build()
              .toByteArray();
      peer.send(WsPeer.FINAL | WsPeer.BINARY, subscribe);
      while (got.values().stream().mapToInt(List::size).sum() < events) {
        ServerFrame frame = ServerFrame.parseFrom(peer.next().payload());
        for (ChannelEvent event : frame.getEvents().getEventsList()) {
          assertThat(frame.getEvents().getPattern()).isEqualTo(pattern);
          assertThat(frame.getEvents().getPosition()).startsWith("p1.");
          got.computeIfAbsent(event.getChannel(), key -> new ArrayList<>()).add(event.getId());
        }
      }
    }
    return got;
  }

  @Test
  void thePositionOfAPatternIsGoodForANarrowerOneAndForSingleChannels() {
    List<Channel> channels = channels("narrow-", 4);
    publish(channels, 12);
    String position = poll("channel=demo:narrow-*&from=earliest&limit=1000").path("next").asText();
    assertThat(PartitionPositions.parse(position).partitions()).isEqualTo(4);
    for (Channel channel : channels) {
      String id = Http.publish(gateway, channel, "\"more\"");
      for (String scope : List.of(channel.toString(), channel + "*")) {
        JsonNode answer = poll("channel=" + scope + "&after=" + position);
        assertThat(answer.path("events")).hasSize(1);
        assertThat(answer.path("events").path(0).path("id").asText()).isEqualTo(id);
        assertThat(answer.path("resets")).isEmpty();
      }
    }
  }

  @Test
  void newEventsComeWhileItIsOpenAndAClosedChannelEndsNothing() {
    try (StreamPeek stream = open(gateway, "channel=demo:live-*")) {
      stream.untilLive(1);
      stream.next();
      stream.next();
      for (int i = 0; i < 5; i++) {
        Channel channel = new Channel(Namespaces.DEMO, "live-" + i);
        Http.Answer closing =
            Http.send(
                HttpRequest.newBuilder(other.resolve("/v1/events?close=true&channel=" + channel))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(Integer.toString(i))));
        assertThat(closing.status()).as(closing.body()).isEqualTo(201);
        JsonNode event = Json.tree(String.valueOf(stream.next().data()));
        assertThat(event.path("channel").asText()).isEqualTo(channel.toString());
        assertThat(event.path("closed").asBoolean()).isTrue();
        assertThat(event.path("data").asInt()).isEqualTo(i);
      }
    }
  }

  @Test
  void aKafkaRecordWhoseKeyEndsInAStarComesThroughPatternsOnly() {
    try (StreamPeek stream = open(gateway, "channel=demo:starred*");
        KafkaTopics topics = new KafkaTopics(platform.bootstrapServers());
        KafkaProducer<byte[], byte[]> producer = topics.producer(Map.of())) {
      stream.untilLive(1);
      stream.next();
      stream.next();
      producer.send(KafkaTopics.record(Namespaces.DEMO, "starred*", "1"));
      producer.flush();
      JsonNode event = Json.tree(String.valueOf(stream.next().data()));
      assertThat(event.path("channel").asText()).isEqualTo("demo:starred*");
    }
    JsonNode stored = poll("channel=demo:starred*&from=earliest");
    assertThat(stored.path("events")).hasSize(1);
  }

  @Test
  void ephemeralNamespacesHavePatterns() {
    try (StreamPeek stream = open(other, "channel=typing:room-*")) {
      assertThat(stream.next().lastEventId()).isEqualTo("e--1");
      assertThat(stream.next().type()).isEqualTo("tw.live");
      for (String key : List.of("room-1", "room-2", "room-3")) {
        Http.send(Http.publication(gateway, new Channel(Namespaces.TYPING, key), "{}"));
        Block event = stream.next();
        assertThat(event.data())
            .startsWith("{\"ephemeral\":true,\"channel\":\"typing:" + key + "\"");
        assertThat(event.hadId()).isFalse();
      }
    }
    assertThat(get("channel=typing:room-*", "").status()).as("anonymous-patterns").isEqualTo(200);
  }

  @Test
  void besideChannelsItsPositionIsPartOfTheirs() {
    Channel alone = new Channel(Namespaces.DEMO, "alone");
    List<Channel> channels = channels("beside-", 3);
    publish(channels, 6);
    Http.publish(gateway, alone, "1");
    JsonNode all = poll("channel=demo:beside-*&channel=demo:alone&from=earliest");
    assertThat(all.path("events")).hasSize(7);
    String next = all.path("next").asText();
    assertThat(next).startsWith("m1.");
    String id = Http.publish(gateway, channels.getFirst(), "2");
    JsonNode more = poll("channel=demo:alone&channel=demo:beside-*&after=" + next);
    assertThat(more.path("events")).hasSize(1);
    assertThat(more.path("events").path(0).path("id").asText()).isEqualTo(id);
  }

  @Test
  void overlappingSubscriptionsAreSeparate() {
    Channel channel = new Channel(Namespaces.DEMO, "overlap-1");
    try (WsPeer peer = WsPeer.connect(gateway, "Authorization: Bearer " + READER)) {
      subscribe(peer, "{\"channel\":\"demo:overlap-*\"}");
      subscribe(peer, "{\"channel\":\"demo:overlap-1*\"}");
      subscribe(peer, "{\"channel\":\"demo:overlap-1\"}");
      Http.publish(gateway, channel, "1");
      List<String> patterns = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        patterns.add(peer.await("events").path("pattern").asText());
      }
      assertThat(patterns).containsExactlyInAnyOrder("demo:overlap-*", "demo:overlap-1*", "");
    }
  }

  @Test
  void onlyTheTokensOwnPatternsCoverThem() {
    String narrow = Tokens.token("narrow", List.of("demo:eu-*", "demo:$sub/*"), List.of());
    assertThat(get("channel=demo:*", "").status()).isEqualTo(401);
    assertThat(get("channel=demo:*", narrow).status()).isEqualTo(403);
    assertThat(get("channel=demo:narrow/*", narrow).status()).isEqualTo(403);
    assertThat(get("channel=demo:eu-*", narrow).status()).isEqualTo(200);
    assertThat(get("channel=demo:eu-1*", narrow).status()).isEqualTo(200);
    assertThat(get("channel=demo:eu-1", narrow).status()).isEqualTo(200);
    Http.Answer ai = get("channel=ai:*", READER);
    assertThat(ai.status()).isEqualTo(403);
    assertThat(ai.body()).contains("this namespace has no patterns");
    String ticket =
        Http.send(
                HttpRequest.newBuilder(gateway.resolve("/v1/tickets"))
                    .header("Authorization", "Bearer " + READER)
                    .POST(HttpRequest.BodyPublishers.ofString("{\"channels\":[\"demo:eu-*\"]}")))
            .json()
            .path("ticket")
            .asText();
    assertThat(get("channel=demo:eu-*&ticket=" + ticket, "").status()).isEqualTo(200);
    assertThat(get("channel=demo:eu-1*&ticket=" + ticket, "").status()).isEqualTo(403);
  }

  @Test
  void whatIsNotForPatternsIsRefusedWithTheReason() {
    for (String bad : List.of("from=last:5", "before=k3Zq-7")) {
      Http.Answer answer = get("channel=demo:a*&" + bad, READER);
      assertThat(answer.status()).as(bad).isEqualTo(400);
      assertThat(answer.json().path("code").asText()).isEqualTo("invalid_request");
      assertThat(answer.json().path("message").asText()).contains("pattern");
    }
    assertThat(get("channel=demo:a*&after=k3Zq-7", READER).json().path("code").asText())
        .isEqualTo("invalid_position");
    String five = "channel=demo:a*&channel=demo:b*&channel=demo:c*&channel=demo:d*&channel=demo:e*";
    assertThat(get(five, READER).status()).isEqualTo(429);
    try (WsPeer peer = WsPeer.connect(gateway, "Authorization: Bearer " + READER)) {
      for (String prefix : List.of("a", "b", "c", "d")) {
        subscribe(peer, "{\"channel\":\"demo:" + prefix + "*\"}");
      }
      peer.text("{\"id\":9,\"subscribe\":{\"channel\":\"demo:e*\"}}");
      assertThat(peer.await("error").path("error").path("code").asText())
          .isEqualTo("too_many_subscriptions");
      peer.text("{\"id\":10,\"unsubscribe\":{\"channel\":\"demo:a*\"}}").await("unsubscribed");
      subscribe(peer, "{\"channel\":\"demo:e*\"}");
    }
  }

  @Test
  void aPositionThatCannotBeReadIsOneResetOfAllPartitions() {
    Http.publish(gateway, new Channel(Namespaces.DEMO, "reset-1"), "1");
    try (StreamPeek stream =
        StreamPeek.open(
            gateway,
            "/v1/events?channel=demo:reset-*",
            Map.of(
                "Accept",
                "text/event-stream",
                "Authorization",
                "Bearer " + READER,
                "Last-Event-ID",
                "rubbish"))) {
      stream.next();
      Block reset = stream.next();
      assertThat(reset.type()).isEqualTo("tw.reset");
      assertThat(reset.data()).isEqualTo("{\"channel\":\"demo:reset-*\",\"reason\":\"foreign\"}");
      assertThat(PartitionPositions.isForPattern(reset.lastEventId())).isTrue();
      assertThat(Json.tree(String.valueOf(stream.next().data())).path("channel").asText())
          .isEqualTo("demo:reset-1");
    }
  }

  @Test
  void operatorsSeeAPatternAsOneSubscriptionAndFindItByItsChannels() {
    String operator = Tokens.caller("root", List.of("admin.connections"));
    String mine = Tokens.token("seen-by-pattern", List.of("demo:*"), List.of());
    try (StreamPeek stream =
        StreamPeek.open(
            gateway,
            "/v1/events?channel=demo:listed-*",
            Map.of("Accept", "text/event-stream", "Authorization", "Bearer " + mine))) {
      stream.untilLive(1);
      for (String channel : List.of("demo:listed-*", "demo:listed-7")) {
        JsonNode list =
            Http.send(
                    HttpRequest.newBuilder(
                            other.resolve(
                                "/v1/admin/connections?subject=seen-by-pattern&channel="
                                    + Wanted.encoded(channel)))
                        .header("Authorization", "Bearer " + operator))
                .json();
        JsonNode found = list.path("connections").path(0).path("channels").path(0);
        assertThat(found.path("channel").asText()).as(list.toString()).isEqualTo("demo:listed-*");
        assertThat(found.path("state").asText()).isEqualTo("live");
        assertThat(found.path("position").asText()).startsWith("p1.");
        assertThat(found.path("lag").asLong()).isZero();
      }
    }
  }

  @Test
  void onlyEventsOfTheWantedTypesComeAndTheEndAllTheSame() {
    Channel channel = new Channel(Namespaces.DEMO, "typed");
    List<String> placed = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      String id = publish(channel, i % 3 == 0 ? "placed" : "noise", i);
      if (i % 3 == 0) {
        placed.add(id);
      }
    }
    assertThat(ids(poll("channel=demo:typed&types=placed&from=earliest&limit=4")))
        .isEqualTo(placed.subList(0, 4));
    assertThat(ids(poll("channel=demo:typed&types=placed,none&from=last:3")))
        .isEqualTo(placed.subList(7, 10));
    assertThat(ids(poll("channel=demo:type*&types=placed&from=earliest"))).isEqualTo(placed);
    JsonNode before = poll("channel=demo:typed&types=placed&limit=2&before=" + placed.get(5));
    assertThat(ids(before)).isEqualTo(placed.subList(3, 5));
    JsonNode none = poll("channel=demo:typed&types=none&from=earliest");
    assertThat(none.path("events")).isEmpty();
    assertThat(none.path("live").asBoolean()).isTrue();
    try (WsPeer peer = WsPeer.connect(gateway);
        StreamPeek stream =
            StreamPeek.open(
                gateway,
                "/v1/events?channel=demo:typed&types=placed&from=last:1",
                Map.of("Accept", "text/event-stream"))) {
      subscribe(peer, "{\"channel\":\"demo:typed\",\"types\":[\"placed\"]}");
      stream.untilLive(1);
      publish(channel, "noise", 30);
      String last = publish(channel, "placed", 31);
      assertThat(peer.await("events").path("events").path(0).path("id").asText()).isEqualTo(last);
      Http.send(
          HttpRequest.newBuilder(gateway.resolve("/v1/events?close=true&channel=" + channel))
              .header("Content-Type", "application/json")
              .header("Event-Type", "noise")
              .POST(HttpRequest.BodyPublishers.ofString("32")));
      assertThat(peer.await("end").path("end").path("channel").asText()).isEqualTo("demo:typed");
      List<Block> blocks = stream.untilEnd();
      assertThat(blocks.getLast().type()).isEqualTo("tw.end");
      assertThat(blocks.stream().map(Block::type).filter(type -> !type.startsWith("tw.")))
          .containsExactly("placed", "placed");
    }
    await()
        .atMost(LIMIT)
        .until(
            () -> get("channel=demo:typed&types=none&after=" + placed.get(9), "").status() == 204);
    for (String bad : List.of("", "tw.live", "a b", "a,,b")) {
      Http.Answer answer = get("channel=demo:typed&types=" + Wanted.encoded(bad), "");
      assertThat(answer.json().path("code").asText()).as(bad).isEqualTo("invalid_type");
    }
  }

  @Test
  void aPollThatLooksThroughMuchAnswersWithoutBeingLiveAndTheNextGoesOn() {
    Channel channel = new Channel(Namespaces.DEMO, "looked-through");
    for (int i = 0; i < 6; i++) {
      Http.publishBatch(gateway, channel, 16, 60_000);
    }
    String id = publish(channel, "rare", 1);
    int polls = 0;
    JsonNode answer = poll("channel=demo:looked-through&types=rare&from=earliest");
    while (!answer.path("live").asBoolean()) {
      assertThat(++polls).isLessThan(100);
      assertThat(answer.path("events")).isEmpty();
      answer = poll("channel=demo:looked-through&types=rare&after=" + answer.path("next").asText());
    }
    assertThat(ids(answer)).containsExactly(id);
    assertThat(polls).as("answers that are not the last").isPositive();
  }

  private List<Channel> channels(String prefix, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new Channel(Namespaces.DEMO, prefix + i))
        .toList();
  }

  /** Publishes to the channels in turn; the ids by channel. */
  private Map<String, List<String>> publish(List<Channel> channels, int events) {
    Map<String, List<String>> ids = new TreeMap<>();
    for (int i = 0; i < events; i++) {
      Channel channel = channels.get(i % channels.size());
      String id = Http.publish(i % 2 == 0 ? gateway : other, channel, Integer.toString(i));
      ids.computeIfAbsent(channel.toString(), key -> new ArrayList<>()).add(id);
    }
    return ids;
  }

  private String publish(Channel channel, String type, int number) {
    Http.Answer answer =
        Http.send(
            Http.publication(gateway, channel, Integer.toString(number))
                .header("Event-Type", type));
    assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    return answer.json().path("id").asText();
  }

  private static void add(JsonNode event, Map<String, List<String>> into) {
    into.computeIfAbsent(event.path("channel").asText(), key -> new ArrayList<>())
        .add(event.path("id").asText());
  }

  private static List<String> ids(JsonNode answer) {
    List<String> ids = new ArrayList<>();
    answer.path("events").forEach(event -> ids.add(event.path("id").asText()));
    return ids;
  }

  private static void subscribe(WsPeer peer, String subscribe) {
    JsonNode answer = peer.text("{\"id\":1,\"subscribe\":" + subscribe + "}").await("subscribed");
    assertThat(answer.path("subscribed").path("position").asText()).isNotEmpty();
  }

  private StreamPeek open(URI at, String query) {
    return StreamPeek.open(
        at,
        "/v1/events?" + query,
        Map.of("Accept", "text/event-stream", "Authorization", "Bearer " + READER));
  }

  private JsonNode poll(String query) {
    Http.Answer answer = get(query, READER);
    assertThat(answer.status()).as(query + ": " + answer.body()).isEqualTo(200);
    return answer.json();
  }

  /**
   * @param token empty for none
   */
  private Http.Answer get(String query, String token) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.resolve("/v1/events?" + query))
            .header("Accept", "application/json");
    return Http.send(
        token.isEmpty() ? request : request.header("Authorization", "Bearer " + token));
  }
}
