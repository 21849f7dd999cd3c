package io.tailwater.system.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.micronaut.context.ApplicationContext;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.Http.Answer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * AI streams of clients without a token, on a platform that allows everyone to start and to watch
 * them, with few places for each client.
 */
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class AnonymousStreamsIT {
  private static final String STREAMS = "/v1/ai/streams";
  private static final String LONG = "{\"prompt\":\"x\",\"max_tokens\":30000}";
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int PLACES = 3;

  private final InProcessPlatform platform;
  private ApplicationContext eventCore;
  private ApplicationContext aiStreams;
  private ExtraGateway gateway;
  private final List<String> running = new ArrayList<>();

  AnonymousStreamsIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @BeforeEach
  void start() {
    int core = FreePort.choose();
    Map<String, Object> namespaces = new HashMap<>(Namespaces.properties());
    namespaces.put("tailwater.namespaces.ai.anonymous-subscribe", true);
    namespaces.put("tailwater.namespaces.ai.anonymous-publish", true);
    eventCore = platform.eventCore("event-core-open", core, namespaces);
    int ai = FreePort.choose();
    aiStreams =
        platform.aiStreams(
            ai,
            Map.of(
                "tailwater.ai.max-running-per-subject",
                PLACES - 1,
                "tailwater.ai.max-running-per-address",
                PLACES,
                "tailwater.ai.max-queued",
                2,
                "tailwater.ai.max-queued-per-subject",
                1,
                "tailwater.ai.lease.unwatched-after",
                "6s"));
    gateway =
        platform.gateway(
            Map.of(
                "tailwater.edge.event-cores",
                List.of("127.0.0.1:" + core),
                "tailwater.edge.ai-streams",
                List.of("127.0.0.1:" + ai)));
    gateway.ready();
  }

  @AfterEach
  void stop() {
    gateway.close();
    aiStreams.close();
    eventCore.close();
  }

  @Test
  void readingIsNotEnoughToCancel() {
    Answer made = create(LONG, Map.of());
    String id = id(made);
    Answer seen = send("GET", STREAMS + "/" + id, Map.of());
    assertThat(seen.status()).as("everyone may read").isEqualTo(200);
    assertThat(send("DELETE", STREAMS + "/" + id, Map.of()).status()).isEqualTo(401);
    String readers = ticket(seen);
    assertThat(send("DELETE", STREAMS + "/" + id + "?" + readers, Map.of()).status())
        .isEqualTo(403);
    assertThat(send("DELETE", STREAMS + "/" + id, bearer("bob", List.of("ai:*"))).status())
        .as("to publish is not enough either")
        .isEqualTo(403);
    Answer cancelled = send("DELETE", STREAMS + "/" + id + "?" + ticket(made), Map.of());
    assertThat(cancelled.json().path("status").asText())
        .as(cancelled.body())
        .isEqualTo("cancelled");
  }

  @Test
  void theKeyOfAClientWithoutATokenIsItsOwn() {
    Answer common = create("{\"prompt\":\"x\"}", Map.of("Idempotency-Key", "k-1"));
    assertThat(common.status()).isEqualTo(400);
    assertThat(common.body()).contains("at least 16 characters");
    String key = "3f1d9a8e-6a0b-4f0e-8d62-5b1f8f6a2c11";
    String id = id(create("{\"prompt\":\"x\"}", Map.of("Idempotency-Key", key)));
    assertThat(id(create("{\"prompt\":\"x\"}", Map.of("Idempotency-Key", key)))).isEqualTo(id);
    Map<String, String> alice = new HashMap<>(bearer("alice", List.of("ai:*")));
    alice.put("Idempotency-Key", key);
    assertThat(id(create("{\"prompt\":\"x\"}", alice))).isNotEqualTo(id);
  }

  @Test
  void nobodyTakesAllPlacesAndWhoFindsNoneWaitsInTurn() {
    Map<String, String> alice = bearer("alice", List.of("ai:*"));
    for (int i = 1; i < PLACES; i++) {
      id(create(LONG, alice));
    }
    Answer third = create(LONG, alice);
    String queued = id(third);
    assertThat(status(queued)).isEqualTo("queued");
    refused(create(LONG, alice), "a subject has at most 2 running and 1 queued streams");
    id(create(LONG, Map.of()));
    Answer last = create(LONG, Map.of());
    String waiting = id(last);
    JsonNode state = send("GET", STREAMS + "/" + waiting, Map.of()).json();
    assertThat(state.path("status").asText()).isEqualTo("queued");
    assertThat(state.path("ahead").asInt()).isEqualTo(1);
    assertThat(state.path("model").asText()).isEqualTo("mock");
    refused(create(LONG, bearer("bob", List.of("ai:*"))), "an address has at most 3 running");

    send("DELETE", STREAMS + "/" + running.getFirst(), alice);
    await().atMost(LIMIT).until(() -> status(queued).equals("running"));
    assertThat(status(waiting)).isEqualTo("queued");
    await().atMost(LIMIT).until(() -> events(third).contains("delta"));
    assertThat(events(third)).containsSubsequence("queued", "start", "delta");
    JsonNode cancelled =
        send("DELETE", STREAMS + "/" + waiting + "?" + ticket(last), Map.of()).json();
    assertThat(cancelled.path("status").asText()).isEqualTo("cancelled");
    assertThat(events(last)).startsWith("queued").endsWith("finish").doesNotContain("start");
  }

  /** The types of the events of a stream so far. */
  private List<String> events(Answer made) {
    List<String> types = new ArrayList<>();
    send("GET", made.json().path("events").asText(), Map.of("Accept", "application/json"))
        .json()
        .path("events")
        .forEach(event -> types.add(event.path("type").asText()));
    return types;
  }

  @Test
  void anAnswerThatNobodyReadsIsCancelledUnlessItsCreatorSaysOtherwise() {
    String unread = id(create(LONG, Map.of()));
    String kept =
        id(create("{\"prompt\":\"x\",\"max_tokens\":30000,\"unwatched\":\"continue\"}", Map.of()));
    String alices = id(create(LONG, bearer("alice", List.of("ai:*"))));
    await().atMost(LIMIT).until(() -> status(unread).equals("cancelled"));
    assertThat(status(kept)).isEqualTo("running");
    assertThat(status(alices)).isEqualTo("running");
  }

  private String status(String id) {
    return send("GET", STREAMS + "/" + id, Map.of()).json().path("status").asText();
  }

  private Answer create(String body, Map<String, String> headers) {
    return request("POST", STREAMS, body, headers);
  }

  private Answer send(String method, String path, Map<String, String> headers) {
    return request(method, path, "", headers);
  }

  private Answer request(String method, String path, String body, Map<String, String> headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.address().resolve(path))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body));
    headers.forEach(request::header);
    return Http.send(request);
  }

  private String id(Answer made) {
    assertThat(made.status()).as(made.body()).isEqualTo(201);
    String id = made.json().path("id").asText();
    running.add(id);
    return id;
  }

  private static void refused(Answer answer, String why) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(429);
    assertThat(answer.json().path("code").asText()).isEqualTo("rate_limited");
    assertThat(answer.body()).contains(why);
    assertThat(answer.headers().firstValue("Retry-After")).isPresent();
  }

  private static String ticket(Answer answer) {
    String events = answer.json().path("events").asText();
    return events.substring(events.indexOf("ticket="));
  }

  private static Map<String, String> bearer(String subject, List<String> publish) {
    return Map.of("Authorization", "Bearer " + Tokens.token(subject, List.of(), publish));
  }
}
