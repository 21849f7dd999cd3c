package io.tailwater.system.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamConnection;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** What a single poll answers, and when. */
@OnPlatforms
final class PollingIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final InProcessPlatform platform;
  private final URI gateway;

  PollingIT(InProcessPlatform platform) {
    this.platform = platform;
    this.gateway = platform.gateways().getFirst();
  }

  @Test
  void aShortPollHasWhatWasAcknowledgedBefore() {
    Channel channel = new Channel(Namespaces.DEMO, "poll-acknowledged");
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      ids.add(Http.publish(gateway, channel, Integer.toString(i)));
      JsonNode answer = poll(channel, "from=earliest");
      assertThat(ids(answer)).isEqualTo(ids);
      assertThat(answer.path("live").asBoolean()).isTrue();
    }
  }

  @Test
  void theEventsAreWholeAndNextGoesOnAfterThem() {
    Channel channel = new Channel(Namespaces.DEMO, "poll-whole");
    String id = Http.publish(gateway, channel, "{\"n\": 1.10}");
    Http.Answer raw = send(channel, "from=earliest");
    assertThat(raw.body()).contains("\"data\":{\"n\": 1.10}");
    JsonNode answer = raw.json();
    JsonNode event = answer.path("events").path(0);
    assertThat(event.path("id").asText()).isEqualTo(id);
    assertThat(event.path("channel").asText()).isEqualTo(channel.toString());
    assertThat(event.path("type").asText()).isEqualTo("message");
    assertThat(event.path("ts_ms").isIntegralNumber()).isTrue();
    assertThat(answer.path("resets")).isEmpty();
    assertThat(answer.path("ended")).isEmpty();
    JsonNode none = poll(channel, "after=" + answer.path("next").asText());
    assertThat(none.path("events")).isEmpty();
    assertThat(none.path("live").asBoolean()).isTrue();
  }

  @Test
  void aLimitCutsTheAnswerAndNextGoesOnThere() {
    Channel channel = new Channel(Namespaces.DEMO, "poll-limit");
    List<String> ids = publish(channel, 25);
    List<String> got = new ArrayList<>();
    String from = "from=earliest";
    for (int polls = 0; polls < 3; polls++) {
      JsonNode answer = poll(channel, from + "&limit=10");
      assertThat(answer.path("events").size()).isLessThanOrEqualTo(10);
      assertThat(answer.path("live").asBoolean()).isEqualTo(polls == 2);
      got.addAll(ids(answer));
      from = "after=" + answer.path("next").asText();
    }
    assertThat(got).isEqualTo(ids);
  }

  @Test
  void severalChannelsAreOneAnswerWithOnePosition() {
    Channel one = new Channel(Namespaces.DEMO, "poll-one");
    Channel two = new Channel(Namespaces.DEMO, "poll-two");
    List<String> both = new ArrayList<>(publish(one, 3));
    both.addAll(publish(two, 3));
    String channels = "&channel=" + Wanted.encoded(two.toString());
    JsonNode answer = poll(one, "from=earliest" + channels);
    assertThat(ids(answer)).containsExactlyInAnyOrderElementsOf(both);
    assertThat(answer.path("next").asText()).startsWith("m1.");
    String third = Http.publish(platform.gateways().get(1), two, "4");
    JsonNode more = poll(one, "wait=30&after=" + answer.path("next").asText() + channels);
    assertThat(ids(more)).containsExactly(third);
  }

  @Test
  void aLongPollEndsWithItsFirstEvent() {
    Channel channel = new Channel(Namespaces.DEMO, "poll-long");
    String next = poll(channel, "from=latest").path("next").asText();
    CompletableFuture<JsonNode> waiting =
        CompletableFuture.supplyAsync(() -> poll(channel, "wait=55&after=" + next));
    await().atMost(LIMIT).until(() -> platform.readers(gateway, channel) == 1);
    assertThat(waiting).isNotDone();
    String id = Http.publish(platform.gateways().get(1), channel, "1");
    assertThat(waiting)
        .succeedsWithin(LIMIT)
        .satisfies(answer -> assertThat(ids(answer)).containsExactly(id));
    await().atMost(LIMIT).until(() -> platform.readers(gateway, channel) == 0);
  }

  @Test
  void aLongPollThatHearsNothingAnswersWhenItsTimeIsOver() {
    Channel channel = new Channel(Namespaces.DEMO, "poll-silent");
    long before = System.nanoTime();
    JsonNode answer = poll(channel, "wait=2");
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThan(Duration.ofSeconds(1));
    assertThat(answer.path("events")).isEmpty();
    assertThat(answer.path("live").asBoolean()).isTrue();
    String id = Http.publish(gateway, channel, "1");
    assertThat(ids(poll(channel, "after=" + answer.path("next").asText()))).containsExactly(id);
  }

  @Test
  void aClientThatHangsUpFreesItsPollAtOnce() throws Exception {
    Channel channel = new Channel(Namespaces.DEMO, "poll-hung-up");
    for (Cut how : Cut.values()) {
      Socket socket = StreamConnection.connect(gateway, 0);
      String request =
          "GET /v1/events?wait=55&channel="
              + Wanted.encoded(channel.toString())
              + " HTTP/1.1\r\nHost: "
              + gateway.getAuthority()
              + "\r\nAccept: application/json\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      await().atMost(LIMIT).until(() -> platform.readers(gateway, channel) == 1);
      StreamConnection.cut(socket, how);
      await().atMost(LIMIT).until(() -> platform.readers(gateway, channel) == 0);
    }
  }

  @Test
  void aClosedChannelEndsAndIs204WhenNothingIsLeft() {
    Channel channel = new Channel(Namespaces.DEMO, "poll-closed");
    Http.publish(gateway, channel, "1");
    String start = poll(channel, "from=earliest").path("next").asText();
    Http.send(
        HttpRequest.newBuilder(
                gateway.resolve(
                    "/v1/events?close=true&channel=" + Wanted.encoded(channel.toString())))
            .POST(HttpRequest.BodyPublishers.noBody()));
    await().atMost(LIMIT).until(() -> hasTheEnd(channel, start));
    JsonNode answer = poll(channel, "from=earliest&wait=30");
    assertThat(answer.path("events")).hasSize(2);
    assertThat(answer.path("ended").path(0).asText()).isEqualTo(channel.toString());
    assertThat(send(channel, "after=" + answer.path("next").asText()).status()).isEqualTo(204);
  }

  @Test
  void aPositionOfAnotherLogIsReset() {
    Channel channel = new Channel(Namespaces.DEMO, "poll-foreign");
    List<String> ids = publish(channel, 2);
    String foreign = new Position(new Epoch("Zzzz"), 7).toString();
    JsonNode answer = poll(channel, "after=" + foreign);
    JsonNode reset = answer.path("resets").path(0);
    assertThat(reset.path("channel").asText()).isEqualTo(channel.toString());
    assertThat(reset.path("reason").asText()).isEqualTo("foreign");
    assertThat(Position.parse(reset.path("earliest").asText())).isNotNull();
    assertThat(ids(answer)).isEqualTo(ids);
  }

  @Test
  void olderPagesAreReadBackwards() {
    Channel channel = new Channel(Namespaces.DEMO, "poll-history");
    List<String> ids = publish(channel, 25);
    List<String> got = new ArrayList<>();
    String before = ids.getLast();
    got.add(before);
    int pages = 0;
    while (!before.isEmpty()) {
      JsonNode page = poll(channel, "limit=10&before=" + before);
      List<String> older = ids(page);
      Collections.reverse(older);
      got.addAll(older);
      before = page.path("previous").asText();
      assertThat(++pages).isLessThan(5);
    }
    Collections.reverse(got);
    assertThat(got).isEqualTo(ids);
  }

  @Test
  void badParametersAreRefusedWithWhatIsAccepted() {
    Channel channel = new Channel(Namespaces.DEMO, "poll-bad");
    String id = Http.publish(gateway, channel, "1");
    for (String bad :
        List.of(
            "wait=-1",
            "wait=56",
            "wait=x",
            "limit=0",
            "limit=1001",
            "before=" + id + "&after=" + id,
            "before=" + id + "&wait=1",
            "before=" + id + "&channel=demo:other",
            "pause=1")) {
      Http.Answer answer = send(channel, bad);
      assertThat(answer.status()).as(bad).isEqualTo(400);
      assertThat(answer.json().path("code").asText()).as(bad).isEqualTo("invalid_request");
    }
    for (String bad : List.of("before=x", "before=Zzzz-7", "after=x")) {
      Http.Answer answer = send(channel, bad);
      assertThat(answer.status()).as(bad).isEqualTo(400);
      assertThat(answer.json().path("code").asText()).as(bad).isEqualTo("invalid_position");
    }
  }

  /** A gateway may have the closing event from the log before its partition has come so far. */
  private boolean hasTheEnd(Channel channel, String start) {
    return !poll(channel, "after=" + start).path("ended").isEmpty();
  }

  private List<String> publish(Channel channel, int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> Http.publish(gateway, channel, Integer.toString(i)))
        .toList();
  }

  private JsonNode poll(Channel channel, String parameters) {
    Http.Answer answer = send(channel, parameters);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.contentType()).startsWith("application/json");
    return answer.json();
  }

  private Http.Answer send(Channel channel, String parameters) {
    return Http.send(
        HttpRequest.newBuilder(
                gateway.resolve(
                    "/v1/events?channel=" + Wanted.encoded(channel.toString()) + "&" + parameters))
            .header("Accept", "application/json"));
  }

  private static List<String> ids(JsonNode answer) {
    return new ArrayList<>(
        StreamSupport.stream(answer.path("events").spliterator(), false)
            .map(event -> event.path("id").asText())
            .toList());
  }
}
