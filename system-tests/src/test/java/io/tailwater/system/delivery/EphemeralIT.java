package io.tailwater.system.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Channels that no log stands behind: who listens gets their events, and nobody else ever does. */
@OnPlatforms
final class EphemeralIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final String POSITION = "e--1";
  private static final String PROTOBUF = "Sec-WebSocket-Protocol: tailwater.v1.protobuf";

  private final InProcessPlatform platform;
  private final URI gateway;

  EphemeralIT(InProcessPlatform platform) {
    this.platform = platform;
    this.gateway = platform.gateways().getFirst();
  }

  @Test
  void anEventGoesToReadersOnEveryGatewayAndHasNoId() {
    Channel channel = new Channel(Namespaces.TYPING, "both");
    for (URI reading : platform.gateways()) {
      try (StreamPeek stream = open(reading, "channel=typing:both")) {
        Block open = stream.next();
        assertThat(open.lastEventId()).isEqualTo(POSITION);
        assertThat(open.data()).contains("\"typing:both\":\"e--1\"");
        assertThat(stream.next().type()).isEqualTo("tw.live");
        Http.Answer answer =
            Http.send(
                Http.publication(gateway, channel, "{\"at\":1}").header("Event-Type", "moved"));
        assertThat(answer.status()).isEqualTo(201);
        assertThat(answer.body()).isEqualTo("{\"duplicate\":false}");
        Block event = stream.next();
        assertThat(event.type()).isEqualTo("moved");
        assertThat(event.data()).isEqualTo("{\"at\":1}");
        assertThat(event.hadId()).isFalse();
      }
    }
  }

  @Test
  void whatCameBeforeIsGoneWhateverIsAskedFor() {
    Channel channel = new Channel(Namespaces.TYPING, "past");
    send(Http.publication(gateway, channel, "1"), 201);
    for (String start : List.of("from=earliest", "from=last:5", "after=k3Zq-17", "after=e--1")) {
      try (StreamPeek stream = open(gateway, "channel=typing:past&" + start)) {
        assertThat(stream.next().type()).isEqualTo("tw.open");
        assertThat(stream.next().type()).isEqualTo("tw.live");
        send(Http.publication(gateway, channel, "2"), 201);
        assertThat(stream.next().data()).isEqualTo("2");
      }
    }
  }

  @Test
  void aStreamOfBothKindsMovesOnlyTheDurablePosition() {
    Channel durable = new Channel(Namespaces.DEMO, "beside-typing");
    Channel ephemeral = new Channel(Namespaces.TYPING, "beside-demo");
    try (StreamPeek stream =
        open(gateway, "channel=demo:beside-typing&channel=typing:beside-demo")) {
      stream.untilLive(2);
      stream.next();
      stream.next();
      stream.next();
      send(Http.publication(gateway, ephemeral, "1"), 201);
      Block passing = stream.next();
      assertThat(passing.data())
          .startsWith("{\"ephemeral\":true,\"channel\":\"typing:beside-demo\"")
          .endsWith("\"data\":1}");
      assertThat(passing.hadId()).isFalse();
      String id = Http.publish(gateway, durable, "2");
      Block kept = stream.next();
      assertThat(kept.data()).contains("\"id\":\"" + id + "\"");
      String position = kept.lastEventId();
      assertThat(position).startsWith("m1.");
      Http.publish(gateway, durable, "3");
      Http.Answer rest =
          Http.send(
              HttpRequest.newBuilder(
                      gateway.resolve(
                          "/v1/events?channel=demo:beside-typing&channel=typing:beside-demo&after="
                              + position))
                  .header("Accept", "application/json"));
      assertThat(rest.json().path("events")).hasSize(1);
      assertThat(rest.json().path("resets")).isEmpty();
    }
  }

  @Test
  void aLongPollEndsWithAnEphemeralEvent() {
    Channel channel = new Channel(Namespaces.TYPING, "poll");
    CompletableFuture<Http.Answer> waiting =
        CompletableFuture.supplyAsync(
            () ->
                Http.send(
                    HttpRequest.newBuilder(
                            gateway.resolve("/v1/events?channel=typing:poll&wait=55"))
                        .header("Accept", "application/json")));
    await().atMost(LIMIT).until(() -> platform.readers(gateway, channel) == 1);
    send(
        Http.publication(platform.gateways().get(1), channel, "1").header("Idempotency-Key", "k-1"),
        201);
    assertThat(waiting).succeedsWithin(LIMIT);
    JsonNode answer = waiting.join().json();
    JsonNode event = answer.path("events").path(0);
    assertThat(event.has("id")).isFalse();
    assertThat(event.path("ephemeral").asBoolean()).isTrue();
    assertThat(event.path("key").asText()).isEqualTo("k-1");
    assertThat(event.path("ts_ms").isIntegralNumber()).isTrue();
    assertThat(answer.path("next").asText()).isEqualTo(POSITION);
  }

  @Test
  void overAWebSocketAnEventHasNoIdEither() throws Exception {
    String subscribe = "{\"id\":1,\"subscribe\":{\"channel\":\"typing:ws\",\"after\":\"e--1\"}}";
    try (WsPeer text = WsPeer.connect(gateway);
        WsPeer binary = WsPeer.connect(platform.gateways().get(1), PROTOBUF)) {
      assertThat(
              text.text(subscribe).await("subscribed").path("subscribed").path("position").asText())
          .isEqualTo(POSITION);
      binary.send(
          WsPeer.FINAL | WsPeer.BINARY,
          ClientFrame.newBuilder()
              .setId(1)
              .setSubscribe(Subscribe.newBuilder().setChannel("typing:ws"))
              .build()
              .toByteArray());
      await()
          .atMost(LIMIT)
          .until(
              () -> platform.readers(platform.gateways().get(1), Channel.parse("typing:ws")) == 1);
      text.text("{\"id\":2,\"publish\":{\"channel\":\"typing:ws\",\"data\":7}}");
      JsonNode published = null;
      JsonNode event = null;
      while (published == null || event == null) {
        JsonNode frame = text.json();
        published = frame.has("published") ? frame.path("published") : published;
        event = frame.has("events") ? frame.path("events").path(0) : event;
      }
      assertThat(published.path("id").asText()).isEmpty();
      assertThat(event.has("id")).isFalse();
      assertThat(event.path("ephemeral").asBoolean()).isTrue();
      assertThat(event.path("data").asInt()).isEqualTo(7);
      ServerFrame frame = ServerFrame.parseFrom(binary.next().payload());
      while (frame.getFrameCase() != ServerFrame.FrameCase.EVENTS) {
        frame = ServerFrame.parseFrom(binary.next().payload());
      }
      assertThat(frame.getEvents().getEvents(0).getId()).isEmpty();
      assertThat(frame.getEvents().getEvents(0).getEphemeral()).isTrue();
      assertThat(frame.getEvents().getEvents(0).getData().toStringUtf8()).isEqualTo("7");
    }
  }

  @Test
  void whatNeedsALogIsRefusedOrSaysThatThereIsNone() {
    Channel channel = new Channel(Namespaces.TYPING, "refusals");
    Http.Answer close =
        Http.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/events?close=true&channel=typing:refusals"))
                .POST(HttpRequest.BodyPublishers.noBody()));
    assertThat(close.status()).isEqualTo(400);
    assertThat(close.json().path("message").asText()).contains("ephemeral");
    Http.Answer before =
        Http.send(
            HttpRequest.newBuilder(
                    gateway.resolve("/v1/events?channel=typing:refusals&before=e--1"))
                .header("Accept", "application/json"));
    assertThat(before.status()).isEqualTo(400);
    assertThat(before.json().path("message").asText()).contains("ephemeral");
    JsonNode standing = Http.channel(gateway, channel);
    assertThat(standing.path("position").asText()).isEqualTo(POSITION);
    assertThat(standing.path("earliest").asText()).isEqualTo(POSITION);
    assertThat(standing.path("closed").asBoolean()).isFalse();
  }

  @Test
  void aBatchMayMixBothKinds() {
    Http.Answer answer =
        Http.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/events"))
                .header("Content-Type", "application/x-ndjson")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"channel\":\"typing:batch\",\"data\":1}\n{\"channel\":\"demo:batch-mixed\",\"data\":2}\n")));
    assertThat(answer.status()).isEqualTo(200);
    List<String> lines = answer.body().lines().toList();
    assertThat(lines.get(0)).isEqualTo("{\"duplicate\":false}");
    assertThat(lines.get(1)).startsWith("{\"id\":\"");
  }

  private static void send(HttpRequest.Builder request, int status) {
    Http.Answer answer = Http.send(request);
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
  }

  private static StreamPeek open(URI gateway, String query) {
    return StreamPeek.open(gateway, "/v1/events?" + query, Map.of("Accept", "text/event-stream"));
  }
}
