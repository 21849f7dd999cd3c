package io.tailwater.system.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.StateEntry;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.KafkaTopics;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Every way to write entries, and what its writer is told. */
@OnPlatforms
final class StateWritesIT {
  private final InProcessPlatform platform;
  private final URI gateway;
  private final URI other;

  StateWritesIT(InProcessPlatform platform) {
    this.platform = platform;
    this.gateway = platform.gateways().getFirst();
    this.other = platform.gateways().getLast();
  }

  @Test
  void aPreconditionDecidesWhoWritesAndTheLoserIsShownTheEntry() {
    Http.Answer first = put("cas", "entry=card", "{\"n\":1}", "If-None-Match", "*");
    assertThat(first.status()).as(first.body()).isEqualTo(201);
    String version = first.json().path("version").asText();
    assertThat(version).isEqualTo(first.json().path("id").asText());

    Http.Answer again = put("cas", "entry=card", "{\"n\":9}", "If-None-Match", "*");
    assertThat(again.status()).isEqualTo(412);
    assertThat(again.contentType()).isEqualTo("application/problem+json");
    assertThat(again.json().path("code").asText()).isEqualTo("conflict");
    assertThat(again.json().path("reason").asText()).isEqualTo("if");
    assertThat(again.json().path("current").toString())
        .isEqualTo("{\"version\":\"" + version + "\",\"data\":{\"n\":1}}");

    for (String tag : List.of("\"%s\"", "W/\"%s\"", "%s")) {
      Http.Answer next = put("cas", "entry=card", "2", "If-Match", tag.formatted(version));
      assertThat(next.status()).as(next.body()).isEqualTo(201);
      version = next.json().path("version").asText();
    }
    assertThat(put("cas", "entry=card", "3", "If-Match", "*").status()).isEqualTo(201);
    assertThat(put("cas", "entry=card&op=delete", "", "If-Match", "*").status()).isEqualTo(201);
    Http.Answer gone = put("cas", "entry=card", "4", "If-Match", "*");
    assertThat(gone.status()).isEqualTo(412);
    assertThat(gone.json().path("current").isNull()).isTrue();

    JsonNode events =
        Http.send(
                HttpRequest.newBuilder(
                        gateway.resolve("/v1/events?channel=board:cas&from=earliest&wait=0"))
                    .header("Accept", "application/json"))
            .json()
            .path("events");
    JsonNode deletion = events.path(events.size() - 1);
    assertThat(deletion.path("op").asText()).isEqualTo("delete");
    assertThat(deletion.path("entry").asText()).isEqualTo("card");
    assertThat(deletion.has("data")).isFalse();
    assertThat(events.path(0).path("op").asText()).isEqualTo("put");
  }

  @Test
  void aWriteWhoseAnswerWasLostIsADuplicateAndNoConflict() {
    Http.Answer first =
        put("lost", "entry=card", "1", "If-None-Match", "*", "Idempotency-Key", "k1");
    String version = first.json().path("version").asText();
    assertThat(put("lost", "entry=card", "2", "If-Match", version).status()).isEqualTo(201);
    Http.Answer again =
        put("lost", "entry=card", "1", "If-None-Match", "*", "Idempotency-Key", "k1");
    assertThat(again.status()).isEqualTo(201);
    assertThat(again.json().path("duplicate").asBoolean()).isTrue();
    assertThat(again.json().path("version").asText()).isEqualTo(version);
    // What was refused has left its key unused.
    String unmet = "If-Match";
    assertThat(put("lost", "entry=card", "3", unmet, version, "Idempotency-Key", "k2").status())
        .isEqualTo(412);
    Http.Answer met = put("lost", "entry=card", "3", unmet, "*", "Idempotency-Key", "k2");
    assertThat(met.json().path("duplicate").asBoolean()).isFalse();
  }

  @Test
  void batchesAndFramesAndKafkaWriteEntriesToo() throws Exception {
    String lines =
        """
        {"channel":"board:ways","entry":"n","op":"add","data":5,"key":"a"}
        {"channel":"board:ways","entry":"n","op":"add","data":5,"key":"a"}
        {"channel":"board:ways","entry":"n","data":1}
        {"channel":"board:ways","entry":"tags","op":"include","data":["x","y"]}
        {"channel":"board:ways","entry":"gone","op":"delete"}
        {"channel":"board:ways","entry":"n","if":"absent","op":"add","data":1}
        """;
    List<JsonNode> answers =
        Http.send(
                HttpRequest.newBuilder(gateway.resolve("/v1/events"))
                    .header("Content-Type", "application/x-ndjson")
                    .POST(HttpRequest.BodyPublishers.ofString(lines)))
            .body()
            .lines()
            .map(Json::tree)
            .toList();
    assertThat(answers.get(0).path("duplicate").asBoolean()).isFalse();
    assertThat(answers.get(1).path("duplicate").asBoolean()).isTrue();
    assertThat(answers.get(2).path("error").path("reason").asText()).isEqualTo("op");
    assertThat(answers.get(3).has("version")).isTrue();
    assertThat(answers.get(4).has("version")).isTrue();
    assertThat(answers.get(5).path("error").path("current").path("data").asInt()).isEqualTo(5);

    String token = Tokens.token("writer", List.of("board:*"), List.of("board:*"));
    try (WsPeer peer = WsPeer.connect(other, "Authorization: Bearer " + token)) {
      peer.text(
          "{\"id\":1,\"publish\":{\"channel\":\"board:ways\",\"entry\":\"n\",\"op\":\"add\",\"data\":-2}}");
      assertThat(peer.await("published").path("published").has("version")).isTrue();
      peer.text(
          "{\"id\":2,\"publish\":{\"channel\":\"board:ways\",\"entry\":\"n\",\"op\":\"add\",\"data\":1,\"if\":\"absent\"}}");
      JsonNode error = peer.await("error").path("error");
      assertThat(error.path("code").asText()).isEqualTo("conflict");
      assertThat(error.path("reason").asText()).isEqualTo("if");
      assertThat(error.path("current").path("data").asInt()).isEqualTo(3);
      peer.text(
          "{\"id\":3,\"publish\":{\"channel\":\"board:ways\",\"entry\":\"w\",\"op\":\"delete\"}}");
      assertThat(peer.await("published").path("published").has("version")).isTrue();
    }

    try (KafkaTopics topics = new KafkaTopics(platform.bootstrapServers());
        KafkaProducer<byte[], byte[]> producer = topics.producer(Map.of())) {
      write(producer, "ways", "\"k\"", Map.of("tw-entry", "kafka"));
      write(producer, "ways", null, Map.of("tw-entry", "tags"));
      write(producer, "ways", "7", Map.of("tw-entry", "n", "tw-op", "add", "tw-if", "absent"));
    }
    String last =
        put("ways", "entry=end", "true", "Idempotency-Key", "end").json().path("id").asText();
    assertThat(entries("ways", Position.parse(last)))
        .isEqualTo(Map.of("end", "true", "kafka", "\"k\"", "n", "3"));
  }

  @Test
  void clientsThatWereOfflineConvergeWhicheverComesBackFirst() {
    long now = System.currentTimeMillis();
    List<String[]> one =
        List.of(
            new String[] {"entry=title&at=" + (now - 4_000), "\"one\"", "a1"},
            new String[] {"entry=votes&op=add", "2", "a2"},
            new String[] {"entry=tags&op=include", "[\"x\",{\"b\":1,\"a\":2}]", "a3"},
            new String[] {"entry=old&op=delete&at=" + (now - 1_000), "", "a4"});
    List<String[]> two =
        List.of(
            new String[] {"entry=title&at=" + (now - 3_000), "\"two\"", "b1"},
            new String[] {"entry=votes&op=add", "-5", "b2"},
            new String[] {"entry=tags&op=include", "[{\"a\":2.0,\"b\":1},\"y\"]", "b3"},
            new String[] {"entry=old&at=" + (now - 2_000), "\"revived\"", "b4"});
    Map<String, String> first = entries("offline-1", published("offline-1", one, two));
    Map<String, String> second = entries("offline-2", published("offline-2", two, one));
    assertThat(second).isEqualTo(first);
    assertThat(first)
        .isEqualTo(
            Map.of(
                "title", "\"two\"",
                "votes", "-3",
                "tags", "[\"x\",\"y\",{\"a\":2,\"b\":1}]"));
  }

  /** Publishes what both have, some of it twice; returns the last id. */
  private Position published(String key, List<String[]> first, List<String[]> then) {
    String last = "";
    for (List<String[]> client : List.of(first, then, first)) {
      for (String[] write : client) {
        Http.Answer answer = put(key, write[0], write[1], "Idempotency-Key", write[2]);
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
        last = client == then ? answer.json().path("id").asText() : last;
      }
    }
    return Position.parse(last);
  }

  @Test
  void whatCannotBeIsRefused() {
    assertRefused(put("no", "entry=tw.x", "1"), "invalid_request");
    assertRefused(put("no", "entry=", "1"), "invalid_request");
    assertRefused(put("no", "entry=a&op=increase", "1"), "invalid_request");
    assertRefused(put("no", "entry=a&op=add", "1.5"), "invalid_request");
    assertRefused(put("no", "entry=a&op=include", "{}"), "invalid_request");
    assertRefused(put("no", "entry=a&op=delete", "1"), "invalid_request");
    assertRefused(put("no", "entry=a&at=5", "1"), "invalid_request");
    assertRefused(put("no", "entry=a&at=noon", "1"), "invalid_request");
    assertRefused(put("no", "entry=a", "1", "If-Match", "\"a\", \"b\""), "invalid_request");
    assertRefused(put("no", "entry=a", "1", "If-None-Match", "k3Zq-1"), "invalid_request");
    assertRefused(put("no", "op=delete", ""), "invalid_request");
    assertRefused(put("no", "entry=a&op=exclude&seen=none", "[]"), "invalid_position");
    assertRefused(put("no", "entry=a&op=exclude&seen=foreign-1", "[]"), "invalid_position");
    assertRefused(publish("demo:no", "entry=a", "1"), "invalid_request");
    assertRefused(publish("typing:no", "entry=a", "1"), "invalid_request");
    long ahead = System.currentTimeMillis() + 600_000;
    Http.Answer early = put("no", "entry=a&at=" + ahead, "1", "Idempotency-Key", "k");
    assertThat(early.status()).isEqualTo(412);
    assertThat(early.json().path("reason").asText()).isEqualTo("ahead");
    String writer = Tokens.token("writer", List.of(), List.of("chat:*"));
    assertRefused(
        publish("chat:no", "entry=n&op=add", "1", "Authorization", "Bearer " + writer),
        "invalid_request");
  }

  private static void assertRefused(Http.Answer answer, String code) {
    assertThat(answer.json().path("code").asText()).as(answer.body()).isEqualTo(code);
  }

  private Http.Answer put(String key, String query, String data, String... headers) {
    return publish(Namespaces.BOARD + ":" + key, query, data, headers);
  }

  private Http.Answer publish(String channel, String query, String data, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.resolve("/v1/events?channel=" + channel + "&" + query))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(data));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return Http.send(request);
  }

  private static void write(
      KafkaProducer<byte[], byte[]> producer,
      String key,
      @Nullable String value,
      Map<String, String> headers)
      throws Exception {
    ProducerRecord<byte[], byte[]> record =
        new ProducerRecord<>(
            Namespaces.BOARD,
            key.getBytes(StandardCharsets.UTF_8),
            value == null ? null : value.getBytes(StandardCharsets.UTF_8));
    headers.forEach(
        (name, text) -> record.headers().add(name, text.getBytes(StandardCharsets.UTF_8)));
    producer.send(record).get();
  }

  /** The entries as each event-core folds them, which must be the same. */
  private Map<String, String> entries(String key, Position min) {
    List<StatePage> pages = platform.states(Namespaces.BOARD + ":" + key, min);
    assertThat(pages.getLast().getEntriesList()).isEqualTo(pages.getFirst().getEntriesList());
    Map<String, String> values = new TreeMap<>();
    for (StateEntry entry : pages.getFirst().getEntriesList()) {
      values.put(entry.getEntry(), entry.getData().toStringUtf8());
    }
    return values;
  }
}
