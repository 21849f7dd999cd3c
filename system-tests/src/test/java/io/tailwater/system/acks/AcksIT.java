package io.tailwater.system.acks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.InvalidProtocolBufferException;
import io.micronaut.context.ApplicationContext;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.ChannelEvent;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.State;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.Json;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
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
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Read positions: forward only, the same on every device, gateway and event-core. */
@OnPlatforms
final class AcksIT {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String BOB = token("bob");

  private final InProcessPlatform platform;
  private final URI first;
  private final URI second;

  AcksIT(InProcessPlatform platform) {
    this.platform = platform;
    this.first = platform.gateways().getFirst();
    this.second = platform.gateways().getLast();
  }

  private static String token(String subject) {
    return Tokens.token(subject, List.of("chat:*", "demo:*"), List.of("chat:*", "demo:*"));
  }

  @Test
  void aPositionMovesForwardOnlyAndIsTheSameEverywhere() {
    String alice = token("acks-alice");
    String channel = "chat:acks-forward";
    List<String> ids = publish(channel, 5);
    assertThat(ack(first, alice, channel, ids.get(2))).isEqualTo(ids.get(2));
    awaitAck(second, alice, channel, ids.get(2), 2);
    assertThat(ack(second, alice, channel, ids.get(0))).isEqualTo(ids.get(2));
    assertThat(ack(second, alice, channel, ids.get(4))).isEqualTo(ids.get(4));
    awaitAck(first, alice, channel, ids.get(4), 0);
    // Her own events are never unread.
    publish(alice, channel, "\"mine\"");
    String answer = publish(BOB, channel, "\"yours\"");
    awaitAck(first, alice, channel, ids.get(4), 1);
    JsonNode of = acks(first, alice, "channel=" + channel + "&types=none");
    assertThat(of.path(0).path("unread").asInt(-1)).isZero();
    JsonNode status =
        get(first, alice, "/v1/channel?unread=true&last=true&channel=" + channel)
            .json()
            .path("channels")
            .path(0);
    assertThat(status.path("unread").asInt(-1)).isEqualTo(1);
    assertThat(status.path("last").path("id").asText()).isEqualTo(answer);
  }

  @Test
  void aPositionBeyondTheEndIsCutAndOneOfAnotherTopicRefused() {
    String alice = token("acks-cut");
    String channel = "chat:acks-cut";
    String id = publish(channel, 1).getFirst();
    String epoch = id.substring(0, id.indexOf('-'));
    String cut = ack(first, alice, channel, epoch + "-999999999");
    long offset = Long.parseLong(cut.substring(cut.indexOf('-') + 1));
    assertThat(cut).startsWith(epoch + "-");
    assertThat(offset)
        .isGreaterThanOrEqualTo(Long.parseLong(id.substring(id.indexOf('-') + 1)))
        .isLessThan(999_999_999);
    Http.Answer foreign = post(first, alice, channel, "zzzz-3");
    assertThat(foreign.status()).isEqualTo(400);
    assertThat(code(foreign)).isEqualTo("invalid_position");
    assertThat(code(post(first, alice, channel, "nonsense"))).isEqualTo("invalid_position");
    assertThat(code(post(first, alice, "typing:a", "e--1"))).isEqualTo("invalid_request");
  }

  @Test
  void onlyASubjectWithATokenHasReadPositions() {
    Http.Answer anonymous =
        send(first, "", "/v1/acks?channel=demo:acks-none", "{\"position\":\"a-1\"}");
    assertThat(anonymous.status()).isEqualTo(403);
    String ticket =
        send(first, BOB, "/v1/tickets", "{\"channels\":[\"demo:acks-none\"]}")
            .json()
            .path("ticket")
            .asText();
    for (String path :
        List.of(
            "/v1/acks?channel=demo:acks-none",
            "/v1/channel?unread=true&channel=demo:acks-none",
            "/v1/events?from=ack&channel=demo:acks-none")) {
      assertThat(get(first, "", path + "&ticket=" + ticket).status()).as(path).isEqualTo(403);
      assertThat(get(first, "", path).status()).as(path).isEqualTo(403);
    }
    Http.Answer foreign = get(first, BOB, "/v1/acks?channel=demo:a&channel=brief:a&channel=ai:x");
    assertThat(foreign.json().path("acks"))
        .extracting(one -> one.path("code").asText())
        .containsExactly("", "", "forbidden");
    assertThat(get(first, BOB, "/v1/events?channel=acks:acks-alice").status()).isEqualTo(403);
    Http.Answer published =
        send(
            first,
            Tokens.token("bob", List.of(), List.of("acks:*")),
            "/v1/events?channel=acks:bob",
            "{}");
    assertThat(published.status()).isEqualTo(403);
    assertThat(get(first, BOB, "/v1/events?channel=demo:*&from=ack").status()).isEqualTo(400);
  }

  @Test
  void manyChannelsAreAskedForInOneRequest() {
    String alice = token("acks-many");
    String channel = "demo:acks-many-7";
    String id = publish(channel, 1).getFirst();
    publish(channel, 2);
    ack(first, alice, channel, id);
    awaitAck(first, alice, channel, id, 2);
    List<String> channels = IntStream.range(0, 200).mapToObj(i -> "demo:acks-many-" + i).toList();
    JsonNode answer =
        send(first, alice, "/v1/acks/query", "{\"channels\":" + Json.write(channels) + "}")
            .json()
            .path("acks");
    assertThat(answer).hasSize(200);
    assertThat(answer.path(7).path("position").asText()).isEqualTo(id);
    assertThat(answer.path(7).path("unread").asInt()).isEqualTo(2);
    assertThat(answer.path(8).path("position").isNull()).isTrue();
    assertThat(answer.path(8).path("unread").asInt(-1)).isZero();
    List<String> more = new ArrayList<>(channels);
    more.add("demo:one-more");
    assertThat(
            code(send(first, alice, "/v1/acks/query", "{\"channels\":" + Json.write(more) + "}")))
        .isEqualTo("invalid_request");
    publishBatch(channel, 1_000);
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              JsonNode counted = acks(first, alice, "channel=" + channel).path(0);
              assertThat(counted.path("unread").asInt()).isEqualTo(1_000);
              assertThat(counted.path("more").asBoolean()).isTrue();
            });
  }

  @Test
  void aSubscriptionBeginsAfterWhatWasReadOnAnyTransport() {
    String alice = token("acks-from");
    String channel = "demo:acks-from";
    List<String> ids = publish(channel, 3);
    String poll = "/v1/events?from=ack&channel=" + channel;
    assertThat(get(first, alice, poll).json().path("events")).isEmpty();
    ack(first, alice, channel, ids.getFirst());
    awaitAck(second, alice, channel, ids.getFirst(), 2);
    assertThat(get(second, alice, poll).json().path("events"))
        .extracting(event -> event.path("id").asText())
        .containsExactly(ids.get(1), ids.get(2));
    try (StreamPeek stream =
        StreamPeek.open(
            second,
            poll,
            Map.of("Accept", "text/event-stream", "Authorization", "Bearer " + alice))) {
      stream.untilLive(1);
      assertThat(stream.blocks())
          .filteredOn(block -> block.type().equals("message"))
          .extracting(Block::lastEventId)
          .containsExactly(ids.get(1), ids.get(2));
    }
    try (WsPeer peer = WsPeer.connect(second, "Authorization: Bearer " + alice)) {
      peer.text("{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\",\"from\":\"ack\"}}");
      assertThat(peer.await("subscribed").path("subscribed").path("position").asText())
          .isEqualTo(ids.getFirst());
    }
  }

  @Test
  void otherDevicesFollowOverTheSubjectsOwnChannel() {
    String alice = token("acks-devices");
    String channel = "demo:acks-devices";
    List<String> ids = publish(channel, 2);
    try (WsPeer phone = WsPeer.connect(first, "Authorization: Bearer " + alice);
        WsPeer laptop = WsPeer.connect(second, "Authorization: Bearer " + alice)) {
      laptop.text("{\"id\":1,\"subscribe\":{\"channel\":\"acks:acks-devices\"}}");
      laptop.await("live");
      phone.text(
          "{\"id\":7,\"ack\":{\"channel\":\""
              + channel
              + "\",\"position\":\""
              + ids.get(1)
              + "\"}}");
      JsonNode acked = phone.await("acked");
      assertThat(acked.path("id").asInt()).isEqualTo(7);
      assertThat(acked.path("acked").path("position").asText()).isEqualTo(ids.get(1));
      JsonNode event = laptop.await("events").path("events").path(0);
      assertThat(event.path("type").asText()).isEqualTo("ack");
      assertThat(event.path("data").path(channel).asText()).isEqualTo(ids.get(1));
      phone.text(
          "{\"id\":8,\"ack\":{\"channel\":\""
              + channel
              + "\",\"position\":\""
              + ids.get(0)
              + "\"}}");
      assertThat(phone.await("acked").path("acked").path("position").asText())
          .isEqualTo(ids.get(1));
      phone.text("{\"id\":9,\"ack\":{\"channel\":\"chat\",\"position\":\"\"}}");
      assertThat(phone.await("error").path("error").path("code").asText())
          .isEqualTo("invalid_channel");
    }
  }

  @Test
  void aSecondDeviceBeginsWithAllReadPositionsAndFollowsOnEveryTransport() throws Exception {
    String alice = token("acks-second");
    String own = "/v1/events?from=state&envelope=true&channel=acks:acks-second";
    List<String> lobby = publish("demo:acks-second-lobby", 3);
    List<String> tea = publish("demo:acks-second-tea", 1);
    assertThat(get(first, alice, "/v1/state?channel=acks:acks-second").json().path("entries"))
        .as("before anything was read")
        .isEmpty();
    ack(first, alice, "demo:acks-second-tea", tea.getFirst());
    ack(first, alice, "demo:acks-second-lobby", lobby.get(1));
    Map<String, String> read =
        Map.of("demo:acks-second-lobby", lobby.get(1), "demo:acks-second-tea", tea.getFirst());
    awaitAck(second, alice, "demo:acks-second-lobby", lobby.get(1), 1);
    // Whichever event-core is asked below has both.
    await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                platform.states("acks:acks-second", null).stream()
                    .allMatch(page -> page.getEntriesCount() == read.size()));
    try (StreamPeek sse =
            StreamPeek.open(
                second,
                own,
                Map.of("Accept", "text/event-stream", "Authorization", "Bearer " + alice));
        WsPeer json = WsPeer.connect(first, "Authorization: Bearer " + alice);
        WsPeer protobuf =
            WsPeer.connect(
                second,
                "Authorization: Bearer " + alice,
                "Sec-WebSocket-Protocol: tailwater.v1.protobuf")) {
      assertThat(sse.next().type()).isEqualTo("tw.open");
      Block state = sse.next();
      JsonNode block = Json.tree(String.valueOf(state.data()));
      assertThat(state.type()).isEqualTo("tw.state");
      assertThat(entries(block)).isEqualTo(read);
      assertThat(sse.next().type()).isEqualTo("tw.live");
      json.text("{\"id\":1,\"subscribe\":{\"channel\":\"acks:acks-second\",\"from\":\"state\"}}");
      assertThat(json.await("state").path("state")).isEqualTo(block);
      json.await("live");
      protobuf.send(
          WsPeer.FINAL | WsPeer.BINARY,
          ClientFrame.newBuilder()
              .setId(1)
              .setSubscribe(Subscribe.newBuilder().setChannel("acks:acks-second").setFrom("state"))
              .build()
              .toByteArray());
      assertThat(
              frame(protobuf, ServerFrame::hasState).getState().getEntriesList().stream()
                  .collect(
                      Collectors.toMap(
                          State.Entry::getEntry,
                          entry -> Json.tree(entry.getData().toStringUtf8()).asText())))
          .isEqualTo(read);
      frame(protobuf, ServerFrame::hasLive);
      JsonNode poll = get(second, alice, own).json();
      assertThat(poll.path("state").path(0)).isEqualTo(block);
      JsonNode whole = get(first, alice, "/v1/state?channel=acks:acks-second").json();
      assertThat(entries(whole)).isEqualTo(read);
      assertThat(whole.path("position")).isEqualTo(block.path("position"));

      ack(second, alice, "demo:acks-second-lobby", lobby.get(2));
      Map<String, String> moved = Map.of("demo:acks-second-lobby", lobby.get(2));
      JsonNode event = Json.tree(String.valueOf(sse.next().data()));
      assertThat(event.path("type").asText()).isEqualTo("ack");
      assertThat(positions(event.path("data"))).isEqualTo(moved);
      assertThat(json.await("events").path("events").path(0)).isEqualTo(event);
      ChannelEvent framed = frame(protobuf, ServerFrame::hasEvents).getEvents().getEvents(0);
      assertThat(positions(Json.tree(framed.getData().toStringUtf8()))).isEqualTo(moved);
      String next = poll.path("next").asText();
      JsonNode longPoll = get(first, alice, own + "&wait=20&after=" + next).json();
      assertThat(longPoll.path("events").path(0)).isEqualTo(event);
      assertThat(get(second, alice, own + "&after=" + next).json().path("events").path(0))
          .isEqualTo(event);
      String one =
          "/v1/state?channel=acks:acks-second&entry=demo:acks-second-lobby&min="
              + event.path("id").asText();
      Http.Answer entry = get(second, alice, one);
      assertThat(entries(entry.json())).isEqualTo(moved);
      assertThat(entry.headers().firstValue("ETag"))
          .hasValue("\"" + event.path("id").asText() + "\"");
    }
    assertThat(get(first, BOB, "/v1/state?channel=acks:acks-second").status()).isEqualTo(403);
    assertThat(get(first, BOB, own).status()).isEqualTo(403);
  }

  /** The positions of the entries of a state, by channel. */
  private static Map<String, String> entries(JsonNode state) {
    Map<String, String> entries = new TreeMap<>();
    state
        .path("entries")
        .forEach(entry -> entries.put(entry.path("entry").asText(), entry.path("data").asText()));
    return entries;
  }

  /** The positions of an event, by channel. */
  private static Map<String, String> positions(JsonNode data) {
    Map<String, String> positions = new TreeMap<>();
    data.properties().forEach(one -> positions.put(one.getKey(), one.getValue().asText()));
    return positions;
  }

  private static ServerFrame frame(WsPeer peer, Predicate<ServerFrame> wanted)
      throws InvalidProtocolBufferException {
    ServerFrame frame = ServerFrame.parseFrom(peer.next().payload());
    while (!wanted.test(frame)) {
      frame = ServerFrame.parseFrom(peer.next().payload());
    }
    return frame;
  }

  @Test
  void fastSubjectsWriteARecordASecondAndEveryPositionIsRightAfterAFoldFromScratch()
      throws Exception {
    int subjects = Scale.of(16, 2_000);
    int steps = Scale.of(10, 5);
    List<String> channels =
        IntStream.range(0, Scale.of(5, 20)).mapToObj(i -> "demo:acks-fast-" + i).toList();
    List<List<String>> ids =
        channels.stream().map(channel -> publishBatch(channel, steps)).toList();
    List<Future<Duration>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(Scale.of(8, 40))) {
      for (int s = 0; s < subjects; s++) {
        String subject = "acks-fast-" + s;
        URI gateway = s % 2 == 0 ? first : second;
        running.add(threads.submit(() -> scroll(gateway, subject, channels, ids)));
      }
    }
    for (int s = 0; s < subjects; s++) {
      String subject = "acks-fast-" + s;
      JsonNode records =
          get(first, token(subject), "/v1/events?limit=1000&from=earliest&channel=acks:" + subject)
              .json()
              .path("events");
      int seconds = (int) running.get(s).get().toSeconds();
      assertThat(records.size()).as(subject).isBetween(1, seconds + 2);
    }
    int port = FreePort.choose();
    try (ApplicationContext core =
            platform.eventCore("event-core-acks", port, Namespaces.properties());
        ExtraGateway gateway =
            platform
                .gateway(Map.of("tailwater.edge.event-cores", List.of("127.0.0.1:" + port)))
                .ready()) {
      assertThat(core.isRunning()).isTrue();
      for (int s = 0; s < subjects; s++) {
        JsonNode acks =
            acks(
                gateway.address(),
                token("acks-fast-" + s),
                channels.stream().map(one -> "channel=" + one).collect(Collectors.joining("&")));
        for (int i = 0; i < channels.size(); i++) {
          assertThat(acks.path(i).path("position").asText()).isEqualTo(ids.get(i).getLast());
          assertThat(acks.path(i).path("unread").asInt(-1)).isZero();
        }
      }
    }
  }

  /** Acks every event of every channel, and waits for the last answers only; how long it took. */
  private static Duration scroll(
      URI gateway, String subject, List<String> channels, List<List<String>> ids) {
    int calls = 0;
    long begin = System.nanoTime();
    try (WsPeer peer = WsPeer.connect(gateway, "Authorization: Bearer " + token(subject))) {
      for (int step = 0; step < ids.getFirst().size(); step++) {
        for (int i = 0; i < channels.size(); i++) {
          peer.text(
              "{\"id\":%d,\"ack\":{\"channel\":\"%s\",\"position\":\"%s\"}}"
                  .formatted(++calls, channels.get(i), ids.get(i).get(step)));
        }
      }
      for (int answers = 0; answers < calls; answers++) {
        peer.await("acked");
      }
    }
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  private List<String> publish(String channel, int events) {
    return IntStream.range(0, events)
        .mapToObj(i -> publish(BOB, channel, String.valueOf(i)))
        .toList();
  }

  private List<String> publishBatch(String channel, int events) {
    return Http.publishBatch(first, Channel.parse(channel), events, 5).stream()
        .map(Object::toString)
        .toList();
  }

  private String publish(String token, String channel, String data) {
    return send(first, token, "/v1/events?channel=" + channel, data).json().path("id").asText();
  }

  private static String ack(URI gateway, String token, String channel, String position) {
    Http.Answer answer = post(gateway, token, channel, position);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().path("channel").asText()).isEqualTo(channel);
    return answer.json().path("position").asText();
  }

  private static Http.Answer post(URI gateway, String token, String channel, String position) {
    return send(
        gateway, token, "/v1/acks?channel=" + channel, "{\"position\":\"" + position + "\"}");
  }

  private static void awaitAck(
      URI gateway, String token, String channel, String position, int unread) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              JsonNode ack = acks(gateway, token, "channel=" + channel).path(0);
              assertThat(ack.path("position").asText()).isEqualTo(position);
              assertThat(ack.path("unread").asInt(-1)).isEqualTo(unread);
            });
  }

  private static JsonNode acks(URI gateway, String token, String query) {
    return get(gateway, token, "/v1/acks?" + query).json().path("acks");
  }

  private static String code(Http.Answer answer) {
    return answer.json().path("code").asText();
  }

  private static Http.Answer get(URI gateway, String token, String path) {
    return Http.send(request(gateway, token, path).header("Accept", "application/json"));
  }

  private static Http.Answer send(URI gateway, String token, String path, String json) {
    return Http.send(
        request(gateway, token, path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  private static HttpRequest.Builder request(URI gateway, String token, String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(gateway.resolve(path));
    return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
  }
}
