package io.tailwater.system.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.tailwater.ai.stream.StreamId;
import io.tailwater.contract.LeaseKeys;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.EventStreamParser;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.Http.Answer;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** AI streams as a browser has them: made through one gateway, read through the other. */
@OnPlatforms
final class AiStreamsIT {
  private static final Map<String, String> ALICE =
      token("alice", List.of("chat:*"), List.of("ai:*"));
  private static final Map<String, String> BOB = token("bob", List.of("chat:*"), List.of("chat:*"));
  private static final Map<String, String> AUDITOR = token("auditor", List.of("ai:*"), List.of());
  private static final String STREAMS = "/v1/ai/streams";
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final InProcessPlatform platform;

  AiStreamsIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void aStreamIsMadeAndReadWithItsTicketToItsEndAndThenThereIsNothingLeft() {
    Answer made =
        create("{\"prompt\":\"Why is the sky blue?\",\"seed\":7,\"model\":\"mock-stress\"}", ALICE);
    String id = id(made);
    assertThat(made.contentType()).isEqualTo("application/json");
    assertThat(made.json().fieldNames()).toIterable().containsOnly("id", "channel", "events");
    assertThat(field(made, "channel")).isEqualTo("ai:" + id);
    assertThat(made.headers().firstValue("Location")).hasValue(STREAMS + "/" + id);
    String events = field(made, "events");
    assertThat(events).startsWith("/v1/events?channel=ai:" + id + "&from=earliest&ticket=");

    List<Block> first = read(events);
    assertThat(first.getFirst().type()).isEqualTo("tw.open");
    assertThat(types(first)).startsWith("start", "delta").endsWith("finish");
    assertThat(first.getLast().type()).isEqualTo("tw.end");
    assertThat(text(first)).contains("Why is the sky blue?").contains("```").endsWith("\n");

    Answer again = request("GET", events, "", Map.of("Last-Event-ID", lastId(first)));
    assertThat(again.status()).isEqualTo(204);
    assertThat(text(read(events))).as("read again from the beginning").isEqualTo(text(first));
  }

  @Test
  void whoAcceptsAnEventStreamGetsTheStreamItselfAndWhereToComeBack() {
    Answer stream =
        create("{\"prompt\":\"x\",\"max_tokens\":60}", with(ALICE, "Accept", "text/event-stream"));
    assertThat(stream.status()).isEqualTo(200);
    assertThat(stream.contentType()).startsWith("text/event-stream");
    List<Block> blocks = parsed(stream.body());
    assertThat(types(blocks)).startsWith("start").endsWith("finish");
    String location = stream.headers().firstValue("Content-Location").orElseThrow();
    assertThat(text(read(location))).isEqualTo(text(blocks));
  }

  @Test
  void theStateTellsHowItEnded() {
    String id = id(create("{\"prompt\":\"x\",\"max_tokens\":40}", ALICE));
    JsonNode state =
        await()
            .atMost(LIMIT)
            .until(
                () -> send("GET", id, ALICE).json(),
                body -> !body.path("status").asText().equals("running"));
    assertThat(state.path("id").asText()).isEqualTo(id);
    assertThat(state.path("channel").asText()).isEqualTo("ai:" + id);
    assertThat(state.path("model").asText()).isEqualTo("mock");
    assertThat(state.path("status").asText()).isEqualTo("finished");
    assertThat(state.path("finish_reason").asText()).isEqualTo("length");
    assertThat(state.has("error")).isFalse();
    assertThat(state.path("usage"))
        .isEqualTo(json("{\"prompt_tokens\":1,\"completion_tokens\":40,\"total_tokens\":41}"));
  }

  @Test
  void deleteCancels() {
    Answer made = create("{\"prompt\":\"x\",\"max_tokens\":30000}", ALICE);
    Answer cancelled = send("DELETE", id(made), ALICE);
    assertThat(cancelled.status()).isEqualTo(200);
    assertThat(field(cancelled, "status")).isEqualTo("cancelled");
    Block finish =
        read(field(made, "events")).stream()
            .filter(block -> block.type().equals("finish"))
            .findFirst()
            .orElseThrow();
    assertThat(data(finish).path("finish_reason").asText()).isEqualTo("cancelled");
  }

  @Test
  void aRepeatedKeyJoins() {
    Map<String, String> keyed = with(ALICE, "Idempotency-Key", "k-1");
    String body = "{\"prompt\":\"x\",\"max_tokens\":500}";
    assertThat(id(create(body, keyed))).isEqualTo(id(create(body, keyed)));
    assertThat(id(create(body, ALICE))).isNotEqualTo(id(create(body, ALICE)));
  }

  @Test
  void aRepeatedRequestGoesOnAfterThePositionThatItCameWith() {
    Map<String, String> keyed =
        with(with(ALICE, "Idempotency-Key", "resumed"), "Accept", "text/event-stream");
    String body = "{\"prompt\":\"x\",\"max_tokens\":60}";
    List<Block> whole = parsed(create(body, keyed).body());
    List<Block> events = whole.stream().filter(block -> !block.type().startsWith("tw.")).toList();
    for (int seen : List.of(1, 2, events.size() - 1)) {
      String position = events.get(seen - 1).lastEventId();
      Answer again = create(body, with(keyed, "Last-Event-ID", position));
      assertThat(parsed(again.body()))
          .filteredOn(block -> !block.type().startsWith("tw."))
          .extracting(Block::lastEventId)
          .containsExactlyElementsOf(
              events.subList(seen, events.size()).stream().map(Block::lastEventId).toList());
    }
    Answer over = create(body, with(keyed, "Last-Event-ID", lastId(whole)));
    assertThat(over.status()).isEqualTo(204);
    assertThat(text(parsed(create(body, keyed).body()))).isEqualTo(text(whole));
    assertThat(parsed(create(body, with(keyed, "Last-Event-ID", "nonsense")).body()))
        .extracting(Block::type)
        .contains("tw.reset", "finish");
    Answer other =
        create(
            body, with(with(ALICE, "Accept", "text/event-stream"), "Last-Event-ID", lastId(whole)));
    assertThat(types(parsed(other.body())))
        .as("without a key the request is a new one")
        .startsWith("start")
        .endsWith("finish");
  }

  @Test
  void anIdCannotBeComputedFromSubjectAndKey() {
    String id = id(create("{\"prompt\":\"x\"}", with(ALICE, "Idempotency-Key", "k-2")));
    assertThat(StreamId.derived("alice", "k-2").text()).isNotEqualTo(id);
  }

  @Test
  void onlyItsCreatorATokenThatCoversItAndItsTicketReadIt() {
    Answer made = create("{\"prompt\":\"x\",\"max_tokens\":30000}", ALICE);
    String id = id(made);
    String events = field(made, "events");
    String ticket = events.substring(events.indexOf("ticket="));
    problem(send("GET", id, BOB), 403, "forbidden");
    problem(send("DELETE", id, BOB), 403, "forbidden");
    problem(send("GET", id, Map.of()), 401, "unauthorized");
    problem(send("DELETE", id, Map.of()), 401, "unauthorized");
    problem(request("GET", "/v1/events?channel=ai:" + id, "", BOB), 403, "forbidden");
    assertThat(send("GET", id + "?" + ticket, Map.of()).status()).isEqualTo(200);
    assertThat(send("GET", id, ALICE).status()).isEqualTo(200);
    assertThat(send("GET", id, AUDITOR).status()).isEqualTo(200);
    send("DELETE", id, ALICE);
  }

  @Test
  void itsCreatorACreatorsTicketAndATokenThatCoversItCancelIt() {
    String body = "{\"prompt\":\"x\",\"max_tokens\":30000}";
    Answer made = create(body, ALICE);
    String id = id(made);
    String reading =
        request("POST", "/v1/tickets", "{\"channels\":[\"ai:" + id + "\"]}", AUDITOR)
            .json()
            .path("ticket")
            .asText();
    problem(send("DELETE", id + "?ticket=" + reading, Map.of()), 403, "forbidden");
    problem(
        send("DELETE", id + "?" + ticket(send("GET", id, AUDITOR)), Map.of()), 403, "forbidden");
    String another = ticket(create(body, ALICE));
    problem(send("DELETE", id + "?" + another, Map.of()), 403, "forbidden");
    for (String creators : List.of(ticket(made), ticket(send("GET", id, ALICE)))) {
      Answer cancelled = send("DELETE", id + "?" + creators, Map.of());
      assertThat(field(cancelled, "status")).as(cancelled.body()).isEqualTo("cancelled");
    }
    assertThat(send("DELETE", id(create(body, ALICE)), AUDITOR).status()).isEqualTo(200);
    assertThat(send("DELETE", id(create(body, ALICE)), ALICE).status()).isEqualTo(200);
  }

  @Test
  void streamsAreListedForTheirCreatorAndForAdmins() {
    Map<String, String> carol = token("carol", List.of(), List.of("ai:*"));
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ids.addFirst(id(create("{\"prompt\":\"x\",\"max_tokens\":5}", carol)));
    }
    String running = id(create("{\"prompt\":\"x\",\"max_tokens\":30000}", carol));
    Answer own = send("GET", "?limit=100", carol);
    assertThat(listed(own)).containsExactlyElementsOf(concat(running, ids));
    assertThat(own.json().has("next")).isFalse();
    assertThat(own.json().path("streams").get(0).has("creator")).isFalse();
    Answer first = send("GET", "?limit=2", carol);
    assertThat(listed(first)).containsExactly(running, ids.getFirst());
    assertThat(listed(send("GET", "?limit=2&after=" + field(first, "next"), carol)))
        .containsExactlyElementsOf(ids.subList(1, 3));
    assertThat(listed(send("GET", "?status=running", carol))).containsExactly(running);
    assertThat(listed(send("GET", "", token("dave", List.of(), List.of())))).isEmpty();
    Map<String, String> admin =
        Map.of("Authorization", "Bearer " + Tokens.caller("ops", List.of("admin.streams")));
    Answer all = send("GET", "?limit=100", admin);
    assertThat(listed(all)).contains(running).containsAll(ids);
    assertThat(all.json().path("streams"))
        .anySatisfy(
            stream -> {
              assertThat(stream.path("id").asText()).isEqualTo(running);
              assertThat(stream.path("creator").asText()).isEqualTo("carol");
              assertThat(stream.has("events")).isFalse();
            });
    send("DELETE", running, carol);
    assertThat(listed(send("GET", "?status=cancelled", carol))).containsExactly(running);
    problem(send("GET", "", Map.of()), 401, "unauthorized");
    problem(send("GET", "?status=lost", carol), 400, "invalid_request");
    problem(send("GET", "?limit=101", carol), 400, "invalid_request");
    problem(send("GET", "?after=x", carol), 400, "invalid_request");
  }

  private static List<String> concat(String first, List<String> rest) {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(rest);
    return all;
  }

  private static List<String> listed(Answer list) {
    assertThat(list.status()).as(list.body()).isEqualTo(200);
    List<String> ids = new ArrayList<>();
    list.json().path("streams").forEach(stream -> ids.add(stream.path("id").asText()));
    return ids;
  }

  @Test
  void creatingNeedsPublishOnAllOfAi() {
    String body = "{\"prompt\":\"x\"}";
    problem(create(body, BOB), 403, "forbidden");
    problem(create(body, AUDITOR), 403, "forbidden");
    problem(create(body, Map.of()), 401, "unauthorized");
    problem(create(body, token("eve", List.of(), List.of("ai:mine"))), 403, "forbidden");
  }

  @Test
  void badInputIsAnsweredAsDocumented() {
    problem(create("", ALICE), 400, "invalid_json");
    problem(create("[]", ALICE), 400, "invalid_json");
    problem(create("{}", ALICE), 400, "invalid_request");
    problem(create("{\"prompt\":\"\"}", ALICE), 400, "invalid_request");
    problem(create("{\"prompt\":7}", ALICE), 400, "invalid_request");
    problem(create("{\"prompt\":\"x\",\"promt\":\"x\"}", ALICE), 400, "invalid_request");
    problem(create("{\"prompt\":\"x\",\"messages\":[]}", ALICE), 400, "invalid_request");
    problem(create("{\"messages\":[]}", ALICE), 400, "invalid_request");
    problem(create("{\"messages\":[{\"role\":\"user\"}]}", ALICE), 400, "invalid_request");
    problem(
        create("{\"messages\":[{\"role\":\"me\",\"content\":\"x\"}]}", ALICE),
        400,
        "invalid_request");
    problem(create("{\"prompt\":\"x\",\"max_tokens\":0}", ALICE), 400, "invalid_request");
    problem(create("{\"prompt\":\"x\",\"max_tokens\":40000}", ALICE), 400, "invalid_request");
    problem(create("{\"prompt\":\"x\",\"max_tokens\":\"y\"}", ALICE), 400, "invalid_request");
    problem(create("{\"prompt\":\"x\",\"max_tokens\":1.5}", ALICE), 400, "invalid_request");
    problem(create("{\"prompt\":\"x\",\"seed\":\"y\"}", ALICE), 400, "invalid_request");
    problem(create("{\"prompt\":\"x\",\"temperature\":3}", ALICE), 400, "invalid_request");
    problem(create("{\"prompt\":\"x\",\"unwatched\":\"y\"}", ALICE), 400, "invalid_request");
    problem(create("{\"prompt\":\"x\",\"model\":\"y\"}", ALICE), 404, "model_not_found");
    for (String nonsense :
        List.of(
            "{\"messages\":[null]}",
            "{\"messages\":[[]]}",
            "{\"messages\":[{\"role\":null,\"content\":\"x\"}]}",
            "{\"messages\":[{\"role\":\"user\",\"content\":null}]}",
            "{\"messages\":{}}",
            "{\"messages\":null}",
            "{\"prompt\":null}",
            "{\"prompt\":[\"x\"]}",
            "{\"prompt\":\"x\",\"model\":{}}",
            "{\"prompt\":\"x\",\"model\":\"\\ud800\"}",
            "{\"prompt\":\"half a pair \\ud800\"}",
            "{\"prompt\":\"x\",\"max_tokens\":99999999999}",
            "{\"prompt\":\"x\",\"max_tokens\":-1}",
            "{\"prompt\":\"x\",\"max_tokens\":1e999}",
            "{\"prompt\":\"x\",\"seed\":99999999999999999999}",
            "{\"prompt\":\"x\",\"seed\":1.5}",
            "{\"prompt\":\"x\",\"temperature\":1e999}",
            "{\"prompt\":\"x\",\"temperature\":\"1\"}",
            "{\"prompt\":\"x\",\"temperature\":-1}",
            "{\"prompt\":\"x\",\"unwatched\":[]}")) {
      Answer answer = create(nonsense, ALICE);
      assertThat(answer.status()).as(nonsense + ": " + answer.body()).isEqualTo(400);
    }
    problem(
        create("{\"prompt\":\"x\"}", with(ALICE, "Idempotency-Key", "k".repeat(256))),
        400,
        "invalid_request");
    problem(send("GET", "nothing", ALICE), 404, "not_found");
    problem(send("DELETE", "A".repeat(22), ALICE), 404, "not_found");
    problem(send("GET", "nothing?x=1", ALICE), 400, "invalid_request");
    problem(create("<x/>", with(ALICE, "Content-Type", "text/xml")), 415, "unsupported_media_type");
    problem(
        create("{\"prompt\":\"x\"}", with(ALICE, "Accept", "image/png")), 406, "not_acceptable");
  }

  @Test
  void publishingToAStreamIsThePlatformsAlone() {
    problem(request("POST", "/v1/events?channel=ai:x", "{}", ALICE), 403, "forbidden");
  }

  @Test
  void redisIsToldWhichStreamsAreWatched() {
    Answer made = create("{\"prompt\":\"x\",\"max_tokens\":30000}", ALICE);
    LeaseKeys keys = new LeaseKeys(platform.name());
    String key = keys.watched(id(made));
    String events = field(made, "events");
    RedisClient client = RedisClient.create(platform.redis().uri());
    try {
      RedisCommands<String, String> redis = client.connect().sync();
      try (StreamPeek watching = watch(events)) {
        assertThat(watching.status()).isEqualTo(200);
        await().atMost(LIMIT).until(() -> redis.pttl(key) > 0);
        redis.flushall();
        await().atMost(LIMIT).until(() -> redis.pttl(key) > 0);
        assertThat(redis.sismember(keys.running(), id(made))).isTrue();
      }
      await().atMost(LIMIT).until(() -> redis.exists(key) == 0);
    } finally {
      client.shutdown();
      send("DELETE", id(made), ALICE);
    }
  }

  private Answer create(String body, Map<String, String> headers) {
    return request("POST", STREAMS, body, headers);
  }

  private Answer send(String method, String id, Map<String, String> headers) {
    String path = id.isEmpty() || id.startsWith("?") ? id : "/" + id;
    return request(method, STREAMS + path, "", headers);
  }

  private Answer request(String method, String path, String body, Map<String, String> headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(platform.gateways().getFirst().resolve(path))
            .method(method, BodyPublishers.ofString(body));
    headers.forEach(request::header);
    return Http.send(request);
  }

  private StreamPeek watch(String events) {
    return StreamPeek.open(
        platform.gateways().getLast(), events, Map.of("Accept", "text/event-stream"));
  }

  /** Reads an event stream until the server ends it. */
  private List<Block> read(String events) {
    try (StreamPeek stream = watch(events)) {
      return stream.untilEnd();
    }
  }

  private static List<Block> parsed(String stream) {
    List<Block> blocks = new ArrayList<>();
    byte[] bytes = stream.getBytes(StandardCharsets.UTF_8);
    new EventStreamParser(blocks::add).feed(bytes, bytes.length, 0);
    return blocks;
  }

  private static Map<String, String> token(
      String subject, List<String> subscribe, List<String> publish) {
    return Map.of(
        "Authorization",
        "Bearer " + Tokens.token(subject, subscribe, publish),
        "Content-Type",
        "application/json");
  }

  private static Map<String, String> with(Map<String, String> headers, String name, String value) {
    Map<String, String> all = new TreeMap<>(headers);
    all.put(name, value);
    return all;
  }

  private static String id(Answer made) {
    assertThat(made.status()).as(made.body()).isEqualTo(201);
    return field(made, "id");
  }

  /** The ticket of an answer's {@code events}, as a parameter. */
  private static String ticket(Answer answer) {
    String events = field(answer, "events");
    return events.substring(events.indexOf("ticket="));
  }

  private static String field(Answer answer, String name) {
    return answer.json().path(name).asText();
  }

  private static void problem(Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.contentType()).isEqualTo("application/problem+json");
    assertThat(field(answer, "code")).isEqualTo(code);
  }

  private static JsonNode data(Block block) {
    return json(Objects.requireNonNull(block.data()));
  }

  private static JsonNode json(String text) {
    try {
      return Json.read(text);
    } catch (JsonProcessingException e) {
      throw new AssertionError(text, e);
    }
  }

  private static String lastId(List<Block> blocks) {
    return blocks.getLast().lastEventId();
  }

  private static List<String> types(List<Block> blocks) {
    return blocks.stream().map(Block::type).filter(type -> !type.startsWith("tw.")).toList();
  }

  private static String text(List<Block> blocks) {
    StringBuilder text = new StringBuilder();
    blocks.stream()
        .filter(block -> block.type().equals("delta"))
        .forEach(block -> text.append(data(block).path("text").asText()));
    return text.toString();
  }
}
