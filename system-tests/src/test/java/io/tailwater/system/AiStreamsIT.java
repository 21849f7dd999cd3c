package io.tailwater.edge.ai;

import static io.tailwater.edge.ai.Platform.token;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.micronaut.core.type.Argument;
import io.micronaut.serde.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** AI streams as a browser has them, through the whole platform. */
final class AiEndpointIT {
  private static final Map<String, String> ALICE =
      token("alice", List.of("chat:*"), List.of("ai:*"));
  private static final Map<String, String> BOB = token("bob", List.of("chat:*"), List.of("chat:*"));
  private static final Map<String, String> AUDITOR = token("auditor", List.of("ai:*"), List.of());
  private static final String STREAMS = "/v1/ai/streams";

  @SuppressWarnings("NullAway.Init")
  private static Platform platform;

  @BeforeAll
  static void start(@TempDir Path data) {
    platform = new Platform(data);
  }

  @AfterAll
  static void stop() {
    platform.close();
  }

  @Test
  void aStreamIsMadeAndReadWithItsTicketToItsEndAndThenThereIsNothingLeft() throws IOException {
    HttpResponse<String> made = create("{\"prompt\":\"Why is the sky blue?\",\"seed\":7}", ALICE);
    assertThat(made.statusCode()).isEqualTo(201);
    Map<String, Object> answer = json(made.body());
    assertThat(answer).containsOnlyKeys("id", "channel", "events");
    assertThat(answer.get("channel")).isEqualTo("ai:" + answer.get("id"));
    assertThat(made.headers().firstValue("Location")).hasValue(STREAMS + "/" + answer.get("id"));
    String events = field(made, "events");
    assertThat(events)
        .startsWith("/v1/events?channel=ai:" + answer.get("id") + "&from=earliest&ticket=");

    List<Block> first = read(platform.open("GET", events, "", Map.of()).body());
    assertThat(first.getFirst().event()).isEqualTo("tw.open");
    assertThat(types(first)).startsWith("start", "delta").endsWith("finish");
    assertThat(first.getLast().event()).isEqualTo("tw.end");
    assertThat(text(first)).contains("Why is the sky blue?").contains("```").endsWith("\n");

    HttpResponse<String> again =
        platform.send("GET", events, "", Map.of("Last-Event-ID", first.getLast().id()));
    assertThat(again.statusCode()).isEqualTo(204);
    assertThat(text(read(platform.open("GET", events, "", Map.of()).body())))
        .as("read again from the beginning")
        .isEqualTo(text(first));
  }

  @Test
  void whoAcceptsAnEventStreamGetsTheStreamItselfAndWhereToComeBack() throws IOException {
    Map<String, String> headers = new HashMap<>(ALICE);
    headers.put("Accept", "text/event-stream");
    HttpResponse<InputStream> stream =
        platform.open("POST", STREAMS, "{\"prompt\":\"x\",\"max_tokens\":60}", headers);
    assertThat(stream.statusCode()).isEqualTo(200);
    assertThat(stream.headers().firstValue("Content-Type").orElse(""))
        .startsWith("text/event-stream");
    String location = stream.headers().firstValue("Content-Location").orElseThrow();
    List<Block> blocks = read(stream.body());
    assertThat(types(blocks)).startsWith("start").endsWith("finish");
    assertThat(text(read(platform.open("GET", location, "", Map.of()).body())))
        .isEqualTo(text(blocks));
  }

  @Test
  void theStateTellsHowItEnded() {
    String id = id(create("{\"prompt\":\"x\",\"max_tokens\":40}", ALICE));
    Map<String, Object> state =
        await()
            .until(
                () -> json(send("GET", id, ALICE).body()),
                body -> !"running".equals(body.get("status")));
    assertThat(state)
        .containsEntry("id", id)
        .containsEntry("channel", "ai:" + id)
        .containsEntry("model", "mock")
        .containsEntry("status", "finished")
        .containsEntry("finish_reason", "length")
        .doesNotContainKey("error");
    assertThat(state.get("usage"))
        .isEqualTo(Map.of("prompt_tokens", 1, "completion_tokens", 40, "total_tokens", 41));
  }

  @Test
  void deleteCancels() throws IOException {
    HttpResponse<String> made = create("{\"prompt\":\"x\",\"max_tokens\":30000}", ALICE);
    HttpResponse<String> cancelled = send("DELETE", id(made), ALICE);
    assertThat(cancelled.statusCode()).isEqualTo(200);
    assertThat(json(cancelled.body())).containsEntry("status", "cancelled");
    List<Block> blocks = read(platform.open("GET", field(made, "events"), "", Map.of()).body());
    Block finish =
        blocks.stream().filter(block -> block.event().equals("finish")).findFirst().orElseThrow();
    assertThat(json(finish.data())).containsEntry("finish_reason", "cancelled");
  }

  @Test
  void aRepeatedKeyJoins() {
    Map<String, String> keyed = new HashMap<>(ALICE);
    keyed.put("Idempotency-Key", "k-1");
    String body = "{\"prompt\":\"x\",\"max_tokens\":500}";
    assertThat(id(create(body, keyed))).isEqualTo(id(create(body, keyed)));
    assertThat(id(create(body, ALICE))).isNotEqualTo(id(create(body, ALICE)));
  }

  @Test
  void onlyItsCreatorATokenThatCoversItAndItsTicketReadIt() {
    HttpResponse<String> made = create("{\"prompt\":\"x\",\"max_tokens\":30000}", ALICE);
    String id = id(made);
    String events = field(made, "events");
    String ticket = events.substring(events.indexOf("ticket="));
    problem(send("GET", id, BOB), 403, "forbidden");
    problem(send("DELETE", id, BOB), 403, "forbidden");
    problem(send("GET", id, Map.of()), 401, "unauthorized");
    problem(send("DELETE", id, Map.of()), 401, "unauthorized");
    problem(send("DELETE", id + "?" + ticket, Map.of()), 403, "forbidden");
    problem(platform.send("GET", "/v1/events?channel=ai:" + id, "", BOB), 403, "forbidden");
    assertThat(send("GET", id + "?" + ticket, Map.of()).statusCode()).isEqualTo(200);
    assertThat(send("GET", id, ALICE).statusCode()).isEqualTo(200);
    assertThat(send("GET", id, AUDITOR).statusCode()).isEqualTo(200);
    assertThat(send("DELETE", id, AUDITOR).statusCode()).isEqualTo(200);
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
    problem(create("{\"prompt\":\"x\",\"model\":\"y\"}", ALICE), 400, "invalid_request");
    problem(send("GET", "nothing", ALICE), 404, "not_found");
    problem(send("DELETE", "A".repeat(22), ALICE), 404, "not_found");
    problem(send("GET", "nothing?x=1", ALICE), 400, "invalid_request");
    Map<String, String> xml = new HashMap<>(ALICE);
    xml.put("Content-Type", "text/xml");
    problem(create("<x/>", xml), 415, "unsupported_media_type");
    Map<String, String> image = new HashMap<>(ALICE);
    image.put("Accept", "image/png");
    problem(create("{\"prompt\":\"x\"}", image), 406, "not_acceptable");
  }

  @Test
  void publishingToAStreamIsThePlatformsAlone() {
    problem(platform.send("POST", "/v1/events?channel=ai:x", "{}", ALICE), 403, "forbidden");
  }

  @Test
  void redisIsToldWhichStreamsAreWatched() throws IOException {
    HttpResponse<String> made = create("{\"prompt\":\"x\",\"max_tokens\":30000}", ALICE);
    String key = "tw:ai:watched:" + id(made);
    String events = field(made, "events");
    RedisClient client = RedisClient.create(platform.redis().uri());
    try {
      RedisCommands<String, String> redis = client.connect().sync();
      try (InputStream watching = platform.open("GET", events, "", Map.of()).body()) {
        assertThat(watching.read()).isPositive();
        await().atMost(Duration.ofSeconds(10)).until(() -> redis.pttl(key) > 0);
        redis.flushall();
        await().atMost(Duration.ofSeconds(10)).until(() -> redis.pttl(key) > 0);
        assertThat(redis.sismember("tw:ai:running", id(made))).isTrue();
      }
      await().atMost(Duration.ofSeconds(30)).until(() -> redis.exists(key) == 0);
    } finally {
      client.shutdown();
      send("DELETE", id(made), ALICE);
    }
  }

  private static HttpResponse<String> create(String body, Map<String, String> headers) {
    return platform.send("POST", STREAMS, body, headers);
  }

  private static HttpResponse<String> send(String method, String id, Map<String, String> headers) {
    return platform.send(method, STREAMS + "/" + id, "", headers);
  }

  private static String id(HttpResponse<String> made) {
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    return field(made, "id");
  }

  private static String field(HttpResponse<String> answer, String name) {
    return String.valueOf(json(answer.body()).get(name));
  }

  private static void problem(HttpResponse<String> answer, int status, String code) {
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    assertThat(json(answer.body())).containsEntry("code", code);
  }

  private static Map<String, Object> json(String text) {
    try {
      return ObjectMapper.getDefault().readValue(text, Argument.mapOf(String.class, Object.class));
    } catch (IOException e) {
      throw new AssertionError(text, e);
    }
  }

  private static List<String> types(List<Block> blocks) {
    return blocks.stream().map(Block::event).filter(type -> !type.startsWith("tw.")).toList();
  }

  private static String text(List<Block> blocks) {
    StringBuilder text = new StringBuilder();
    blocks.stream()
        .filter(block -> block.event().equals("delta"))
        .forEach(block -> text.append(json(block.data()).get("text")));
    return text.toString();
  }

  /** Reads an event stream until the server ends it. */
  private static List<Block> read(InputStream stream) throws IOException {
    List<Block> blocks = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      String id = "";
      String event = "message";
      StringBuilder data = new StringBuilder();
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.isEmpty()) {
          blocks.add(new Block(id, event, data.toString()));
          event = "message";
          data.setLength(0);
        } else if (line.startsWith("id: ")) {
          id = line.substring(4);
        } else if (line.startsWith("event: ")) {
          event = line.substring(7);
        } else if (line.startsWith("data: ")) {
          data.append(line.substring(6));
        }
      }
    }
    return blocks;
  }

  private record Block(String id, String event, String data) {}
}
