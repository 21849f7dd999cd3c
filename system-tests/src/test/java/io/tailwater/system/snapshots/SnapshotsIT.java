package io.tailwater.system.snapshots;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Position;
import io.tailwater.system.Json;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.EventStreamParser;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** A snapshot of a channel's state, and then exactly the changes after it. */
@OnPlatforms
final class SnapshotsIT {
  private static final Map<String, String> STREAM = Map.of("Accept", "text/event-stream");

  private final InProcessPlatform platform;
  private final URI first;
  private final URI second;

  SnapshotsIT(InProcessPlatform platform) {
    this.platform = platform;
    this.first = platform.gateways().getFirst();
    this.second = platform.gateways().getLast();
  }

  @Test
  void everyTransportGivesTheEntriesAndThenTheChanges() {
    String channel = "board:snapshot-each";
    put(channel, "a", "1");
    put(channel, "b", "2");
    put(channel, "a", "3");
    delete(channel, "b");
    String newest = put(channel, "c", "{\"x\": 1.50}");
    awaitFolded(channel, newest);
    String path = "/v1/events?from=state&envelope=true&channel=" + channel;
    try (StreamPeek stream = StreamPeek.open(first, path, STREAM);
        WsPeer peer = WsPeer.connect(second)) {
      Block open = stream.next();
      assertThat(open.type()).isEqualTo("tw.open");
      assertThat(open.hadId()).isFalse();
      Block state = stream.next();
      assertThat(state.type()).isEqualTo("tw.state");
      assertThat(state.hadId()).isTrue();
      assertThat(state.data()).contains("\"data\":{\"x\": 1.50}").contains("\"first\":true");
      EntriesReader reader = new EntriesReader();
      reader.take(state);
      assertThat(reader.entries()).containsOnlyKeys("a", "c").containsEntry("a", "3");
      JsonNode block = Json.tree(String.valueOf(state.data()));
      assertThat(block.path("position").asText()).isEqualTo(newest);
      assertThat(block.path("entries").path(1).path("version").asText()).isEqualTo(newest);
      peer.text("{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\",\"from\":\"state\"}}");
      assertThat(peer.await("subscribed").path("subscribed").has("position")).isFalse();
      assertThat(peer.json().path("state")).isEqualTo(block);
      assertThat(peer.await("live").path("live").path("position").asText()).isNotEmpty();
      JsonNode poll = get(second, path).json();
      assertThat(poll.path("state").path(0)).isEqualTo(block);
      assertThat(poll.path("more").asBoolean(true)).isFalse();
      assertThat(poll.path("live").asBoolean()).isTrue();
      assertThat(poll.path("events")).isEmpty();
      String next = put(channel, "d", "4");
      assertThat(stream.next().type()).isEqualTo("tw.live");
      Block change = stream.next();
      assertThat(change.lastEventId()).isEqualTo(next);
      assertThat(Json.tree(String.valueOf(change.data())).path("entry").asText()).isEqualTo("d");
      assertThat(peer.await("events").path("events").path(0).path("id").asText()).isEqualTo(next);
      JsonNode more = get(first, path + "&wait=20&after=" + poll.path("next").asText()).json();
      assertThat(more.has("state")).isFalse();
      assertThat(more.path("events").path(0).path("id").asText()).isEqualTo(next);
    }
  }

  @Test
  void severalChannelsHaveOnePositionThatLeavesOutWhatIsNotComplete() {
    put("board:snapshot-one", "a", "1");
    put("board:snapshot-two", "b", "2");
    String path = "/v1/events?from=state&channel=board:snapshot-one&channel=board:snapshot-two";
    try (StreamPeek stream = StreamPeek.open(first, path, STREAM)) {
      String position = stream.untilLive(2);
      assertThat(stream.blocks().getFirst().hadId()).isFalse();
      assertThat(stream.blocks())
          .filteredOn(block -> block.type().equals("tw.state"))
          .hasSize(2)
          .allMatch(Block::hadId);
      try (StreamPeek again =
          StreamPeek.open(
              second, path, Map.of("Accept", "text/event-stream", "Last-Event-ID", position))) {
        again.untilLive(2);
        assertThat(again.blocks()).noneMatch(block -> block.type().equals("tw.state"));
      }
    }
  }

  @Test
  void whatHasNoSnapshotIsRefused() {
    assertRefused("from=state&channel=demo:a");
    assertRefused("from=state&channel=board:a&types=message");
    assertRefused("from=state&channel=typing:*");
    assertRefused("from=state&channel=typing:a");
    assertThat(
            get(first, "/v1/events?channel=board:a&after=s1.nonsense").json().path("code").asText())
        .isEqualTo("invalid_position");
  }

  private void assertRefused(String query) {
    Http.Answer answer = get(first, "/v1/events?" + query);
    assertThat(answer.status()).as(query).isEqualTo(400);
    assertThat(answer.json().path("code").asText()).isEqualTo("invalid_request");
  }

  @Test
  void aPositionThatIsGoneIsAResetAndASnapshot() {
    String channel = "board:snapshot-reset";
    put(channel, "a", "1");
    String path = "/v1/events?from=state&envelope=true&channel=" + channel;
    Map<String, String> headers = Map.of("Accept", "text/event-stream", "Last-Event-ID", "zzzz-17");
    try (StreamPeek stream = StreamPeek.open(first, path, headers)) {
      stream.untilLive(1);
      List<Block> blocks = stream.blocks();
      assertThat(blocks)
          .extracting(Block::type)
          .containsExactly("tw.open", "tw.reset", "tw.state", "tw.live");
      assertThat(blocks.get(1).lastEventId()).isEmpty();
      assertThat(blocks.get(2).lastEventId()).isNotEmpty();
    }
  }

  @Test
  void aBrowserThatIsCutAtAnyByteEndsWithTheServersEntries() {
    String channel = "board:snapshot-cut";
    for (String name : List.of("a", "b", "c")) {
      awaitFolded(channel, put(channel, name, "\"" + name + "\""));
    }
    String path = "/v1/events?from=state&envelope=true&channel=" + channel;
    int step = Scale.of(29, 1);
    int length = bytesUntilLive(path);
    assertThat(length).isGreaterThan(300);
    for (int cut = 1; cut <= length; cut += step) {
      EntriesReader browser = new EntriesReader();
      read(path, browser.lastEventId(), cut, browser);
      String changed = List.of("a", "b", "c", "d").get(cut % 4);
      String written =
          cut % 3 == 0 ? delete(channel, changed) : put(channel, changed, String.valueOf(cut));
      Map<String, String> server = server(channel, written);
      Map<String, String> headers =
          browser.lastEventId().isEmpty()
              ? STREAM
              : Map.of("Accept", "text/event-stream", "Last-Event-ID", browser.lastEventId());
      try (StreamPeek stream = StreamPeek.open(second, path, headers)) {
        do {
          browser.take(stream.next());
        } while (!browser.complete() || !browser.entries().equals(server));
      }
    }
  }

  private int bytesUntilLive(String path) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Socket socket = connect(path, "")) {
      InputStream input = socket.getInputStream();
      skipHead(input);
      while (!bytes.toString(StandardCharsets.UTF_8).contains("tw.live")) {
        bytes.write(input.read());
      }
      return bytes.size();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads the beginning of a stream, and breaks off. */
  private void read(String path, String lastEventId, int bytes, EntriesReader browser) {
    try (Socket socket = connect(path, lastEventId)) {
      InputStream input = socket.getInputStream();
      skipHead(input);
      EventStreamParser parser = new EventStreamParser(browser::take);
      for (int i = 0; i < bytes; i++) {
        parser.feed(new byte[] {(byte) input.read()}, 1, 0);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Socket connect(String path, String lastEventId) throws IOException {
    Socket socket = new Socket(first.getHost(), first.getPort());
    socket.setSoTimeout(45_000);
    String request =
        "GET "
            + path
            + " HTTP/1.1\r\nHost: "
            + first.getAuthority()
            + "\r\nAccept: text/event-stream\r\n"
            + (lastEventId.isEmpty() ? "" : "Last-Event-ID: " + lastEventId + "\r\n")
            + "\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static void skipHead(InputStream input) throws IOException {
    int newLines = 0;
    while (newLines < 2) {
      int next = input.read();
      newLines = next == '\n' ? newLines + 1 : next == '\r' ? newLines : 0;
    }
  }

  @Test
  void aLargeStateIsReadInBlocksWhileItChanges() throws Exception {
    String channel = "board:snapshot-large";
    int entries = Scale.of(2_000, 10_000);
    putMany(channel, 0, entries, "\"" + "x".repeat(100) + "\"");
    AtomicBoolean done = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .name("snapshot-writer")
            .start(
                () -> {
                  for (int round = 0; !done.get() && round < 200; round++) {
                    putMany(channel, round * 37 % entries, 20, String.valueOf(round));
                    delete(channel, "e" + (round * 101 % entries));
                  }
                });
    EntriesReader stream = new EntriesReader();
    EntriesReader poll = new EntriesReader();
    String path = "/v1/events?from=state&envelope=true&channel=" + channel;
    try (StreamPeek peek = StreamPeek.open(second, path, STREAM)) {
      while (!stream.complete()) {
        Block block = peek.next();
        stream.take(block);
        assertThat(block.hadId()).isEqualTo(stream.complete());
      }
      assertThat(peek.blocks()).hasSizeGreaterThan(4);
      String next = poll(path, poll);
      done.set(true);
      writer.join();
      Map<String, String> server = server(channel, put(channel, "last", "0"));
      while (!stream.entries().equals(server)) {
        stream.take(peek.next());
      }
      while (!poll.entries().equals(server)) {
        JsonNode answer = get(first, path + "&limit=1000&wait=20&after=" + next).json();
        answer.path("events").forEach(poll::event);
        next = answer.path("next").asText();
      }
    }
    assertThat(stream.snapshots()).isEqualTo(1);
    assertThat(poll.snapshots()).isEqualTo(1);
  }

  /** Polls until the snapshot is complete. */
  private String poll(String path, EntriesReader reader) {
    String next = "";
    do {
      JsonNode answer =
          get(second, path + "&limit=1000" + (next.isEmpty() ? "" : "&after=" + next)).json();
      answer.path("state").forEach(reader::state);
      answer.path("events").forEach(reader::event);
      next = answer.path("next").asText();
    } while (!reader.complete());
    return next;
  }

  /** The entries after an event, by requests of their own, page by page. */
  private Map<String, String> server(String channel, String written) {
    Map<String, String> entries = new TreeMap<>();
    String next = "";
    do {
      JsonNode page =
          get(
                  first,
                  "/v1/state?limit=700&channel="
                      + channel
                      + "&min="
                      + written
                      + (next.isEmpty() ? "" : "&after=" + next))
              .json();
      page.path("entries")
          .forEach(
              entry -> entries.put(entry.path("entry").asText(), entry.path("data").toString()));
      next = page.path("next").asText();
    } while (!next.isEmpty());
    return entries;
  }

  @Test
  void aStateIsReadByRequestToo() {
    String channel = "board:snapshot-request";
    put(channel, "card-1", "1");
    put(channel, "card-2", "2");
    String newest = put(channel, "note", "\"n\"");
    awaitFolded(channel, newest);
    Http.Answer whole = get(first, "/v1/state?channel=" + channel + "&min=" + newest);
    assertThat(whole.json().path("position").asText()).isEqualTo(newest);
    assertThat(whole.json().path("entries"))
        .extracting(entry -> entry.path("entry").asText())
        .containsExactly("card-1", "card-2", "note");
    assertThat(get(first, "/v1/state?prefix=card-&channel=" + channel).json().path("entries"))
        .hasSize(2);
    Http.Answer one = get(second, "/v1/state?entry=note&channel=" + channel);
    assertThat(one.headers().firstValue("ETag")).hasValue("\"" + newest + "\"");
    String tag = whole.headers().firstValue("ETag").orElseThrow();
    for (String etag : new ArrayList<>(List.of(tag, "W/" + tag, "*"))) {
      Http.Answer again =
          Http.send(
              HttpRequest.newBuilder(first.resolve("/v1/state?channel=" + channel))
                  .header("If-None-Match", etag));
      assertThat(again.status()).isEqualTo(304);
      assertThat(again.body()).isEmpty();
    }
    assertThat(get(first, "/v1/state?entry=absent&channel=" + channel).status()).isEqualTo(404);
    assertThat(get(first, "/v1/state?channel=demo:a").status()).isEqualTo(400);
    assertThat(get(first, "/v1/state?channel=chat:a").status()).isEqualTo(401);
    assertThat(get(first, "/v1/state?min=zzzz-1&channel=" + channel).json().path("code").asText())
        .isEqualTo("invalid_position");
  }

  /** Waits until every event-core has the event, so that whichever is asked knows it. */
  private void awaitFolded(String channel, String position) {
    platform.states(channel, Position.parse(position));
  }

  // --- writing ---

  private String put(String channel, String entry, String data) {
    return write("/v1/events?channel=" + channel + "&entry=" + entry, data);
  }

  private String delete(String channel, String entry) {
    return write("/v1/events?op=delete&channel=" + channel + "&entry=" + entry, "");
  }

  private String write(String path, String data) {
    Http.Answer answer =
        Http.send(
            HttpRequest.newBuilder(first.resolve(path))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(data)));
    assertThat(answer.status()).as(answer.body()).isEqualTo(201);
    return answer.json().path("id").asText();
  }

  private void putMany(String channel, int from, int count, String data) {
    for (int begin = from; begin < from + count; begin += 500) {
      StringBuilder lines = new StringBuilder();
      for (int i = begin; i < Math.min(begin + 500, from + count); i++) {
        lines.append(
            "{\"channel\":\"%s\",\"entry\":\"e%d\",\"data\":%s}\n".formatted(channel, i, data));
      }
      Http.Answer answer =
          Http.send(
              HttpRequest.newBuilder(first.resolve("/v1/events"))
                  .header("Content-Type", "application/x-ndjson")
                  .POST(HttpRequest.BodyPublishers.ofString(lines.toString())));
      assertThat(answer.body()).doesNotContain("error");
    }
  }

  private static Http.Answer get(URI gateway, String path) {
    return Http.send(
        HttpRequest.newBuilder(gateway.resolve(path)).header("Accept", "application/json"));
  }
}
