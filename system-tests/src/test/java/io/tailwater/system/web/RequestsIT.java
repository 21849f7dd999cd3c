package io.tailwater.system.web;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.RawHttp;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests as polyfills, proxies and careless programs write them: each is right, or refused with
 * the name of what is wrong.
 */
@OnPlatforms
final class RequestsIT {
  private static final String ALICE =
      Tokens.token("alice", List.of("chat:*"), List.of("chat:*", "ai:*"));

  private static ExtraGateway extra;
  private static URI gateway;

  @BeforeAll
  static void start(InProcessPlatform platform) {
    extra =
        platform
            .gateway(
                Map.of(
                    "tailwater.instance",
                    "edge-gateway-requests",
                    "redis.uri",
                    platform.redis().uri(),
                    "tailwater.edge.dev",
                    true,
                    "tailwater.edge.dev-kill",
                    true,
                    "tailwater.edge.ai-streams",
                    platform.aiStreamAddress()))
            .ready();
    gateway = extra.address();
  }

  @AfterAll
  static void stop() {
    extra.close();
  }

  // --- parameters of polyfills ---

  @ParameterizedTest
  @ValueSource(strings = {"lastEventId", "last_event_id", "lastEventID"})
  void aPositionMayComeAsAParameterWhereAHeaderCannotBeSet(String name) {
    Channel channel = new Channel(Namespaces.DEMO, "polyfill " + name);
    String first = Http.publish(gateway, channel, "1");
    Http.publish(gateway, channel, "2");
    String path = path(channel) + "&_=1790000000000&cb=1&ts=0.5&" + name + "=";
    try (StreamPeek stream = stream(path + first)) {
      assertThat(events(stream)).containsExactly("2");
    }
    JsonNode poll = poll(path + first);
    assertThat(poll.path("events")).as(poll.toString()).hasSize(1);
    // Added at each reconnect; the newest counts.
    assertThat(poll(path + "k3Zq-0&" + name + "=" + first).path("events")).hasSize(1);
    assertThat(poll(path + "&" + name + "=" + first + "&" + name + "=").path("events")).hasSize(1);
    // Unreadable as a header is: a reset, since the client would come back for ever.
    assertThat(poll(path + "rubbish").path("resets")).hasSize(1);
    try (StreamPeek stream =
        StreamPeek.open(
            gateway, path + "rubbish", Map.of("Last-Event-ID", first, "Accept", "*/*"))) {
      assertThat(events(stream)).as("the header wins").containsExactly("2");
    }
  }

  @Test
  void ofTwoPositionsOfOneChannelTheLastCounts() {
    Channel channel = new Channel(Namespaces.DEMO, "after twice");
    String first = Http.publish(gateway, channel, "1");
    String second = Http.publish(gateway, channel, "2");
    String path = path(channel);
    assertThat(poll(path + "&after=" + first + "&after=" + second).path("events")).isEmpty();
    assertThat(poll(path + "&after=" + second + "&after=" + first).path("events")).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"_=x", "cb=", "ts=1e5", "cb=-1", "nocache=1", "_=1&_=a"})
  void whatIsNoCacheBusterIsRefused(String parameter) {
    Http.Answer answer =
        get("/v1/events?channel=demo:a&" + parameter, Map.of("Accept", "application/json"));
    assertRefused(answer, 400, "invalid_request", parameter.split("=")[0]);
  }

  @Test
  void cacheBustersAreAcceptedEverywhere() {
    assertThat(get("/v1/channel?channel=demo:a&_=1", Map.of()).status()).isEqualTo(200);
    assertThat(
            Http.send(
                    HttpRequest.newBuilder(gateway.resolve("/v1/events?channel=demo:a&cb=1"))
                        .POST(HttpRequest.BodyPublishers.ofString("1")))
                .status())
        .isEqualTo(201);
  }

  // --- times ---

  @ParameterizedTest
  @CsvSource({
    "time:1790000000, seconds",
    "time:1790000000000000, microseconds",
    "time:%2B999999999-01-01T00:00:00Z, 9999",
    "time:-999999999-01-01T00:00:00Z, 1970",
    "time:1969-12-31T23:59:59Z, 1970",
    "time:99999999999999999999, 9999",
    "time:-5, RFC 3339",
  })
  void aTimeThatCannotBeMeantIsRefusedOnEveryTransport(String from, String hint) {
    for (String accept : List.of("text/event-stream", "application/json")) {
      Http.Answer answer =
          get("/v1/events?channel=demo:times&from=" + from, Map.of("Accept", accept));
      assertRefused(answer, 400, "invalid_request", hint);
    }
    try (WsPeer peer = WsPeer.connect(gateway)) {
      JsonNode error =
          peer.text(
                  "{\"id\":1,\"subscribe\":{\"channel\":\"demo:times\",\"from\":\""
                      + from.replace("%2B", "+")
                      + "\"}}")
              .await("error");
      assertThat(error.path("error").path("message").asText()).contains(hint);
      assertThat(peer.text("{\"id\":2,\"ping\":{}}").await("pong").path("id").asInt()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "9999-12-31T23:59:59Z", "253402300799999", "1970-01-01T00:00:00Z"})
  void aTimeFarAwayIsTheEarliestOrTheLatest(String time) {
    Channel channel = new Channel(Namespaces.DEMO, "times " + time);
    Http.publish(gateway, channel, "1");
    JsonNode poll = poll(path(channel) + "&from=time:" + time);
    assertThat(poll.path("events"))
        .hasSize(time.startsWith("0") || time.startsWith("1970") ? 1 : 0);
  }

  // --- headers and credentials ---

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Idempotency-Key: a | Idempotency-Key: b",
        "Event-Type: a | Event-Type: b",
        "Content-Type: application/json | Content-Type: text/plain",
        "Cookie: tw_token=a | Cookie: tw_token=b",
        "Cookie: tw_token=a; tw_token=b | X-Any: 1",
        "Authorization: Bearer a | Authorization: Bearer b",
      })
  void whatMayOccurOnceIsRefusedByName(String one, String other) {
    Http.Answer answer =
        RawHttp.send(
            gateway, List.of("POST /v1/events?channel=demo:once HTTP/1.1", one, other), "1");
    String name = one.startsWith("Cookie") ? "tw_token" : one.split(":")[0];
    assertRefused(answer, 400, "invalid_request", name);
  }

  @Test
  void cookiesOfOthersOnAnyNumberOfLinesDoNotHideOurs() {
    Http.Answer answer =
        RawHttp.send(
            gateway,
            List.of(
                "GET /v1/channel?channel=chat:cookies HTTP/1.1",
                "Cookie: a=1; b=\"2\"",
                "Cookie: c=3; tw_token=" + ALICE,
                "Cookie: d=4"),
            "");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "GET /v1/channel?channel=demo:a, Authorization:, 401, Authorization",
    "GET /v1/channel?channel=demo:a, Authorization: Bearer, 401, Bearer",
    "GET /v1/channel?channel=demo:a&access_token=, X-Any: 1, 401, access_token",
    "GET /v1/channel?channel=demo:a&ticket=, X-Any: 1, 401, ticket",
    "GET /v1/channel?channel=demo:a&ticket=a&ticket=b, X-Any: 1, 400, ticket",
    "GET /v1/channel?channel=demo:a, Cookie: tw_token=, 200, ''",
    "GET /v1/channel?channel=demo:a, Cookie:, 200, ''",
  })
  void emptyCredentialsAreRefusedByName(String request, String header, int status, String named) {
    Http.Answer answer = RawHttp.send(gateway, List.of(request + " HTTP/1.1", header), "");
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.body()).contains(named);
  }

  @ParameterizedTest
  @CsvSource({
    "text/event-stream;q=0.5, application/json, application/json",
    "application/json;q=0.5, text/event-stream, text/event-stream",
    "image/png, application/json, application/json",
    "image/png, */*;q=0.1, text/event-stream",
    "text/event-stream;q=0, */*, application/json",
  })
  void acceptOnSeveralLinesWithQualitiesSelectsTheTransport(String one, String other, String type) {
    try (StreamPeek answer = streamWith(one + "\r\nAccept: " + other)) {
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("content-type")).startsWith(type);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
        "application/jsonlines; charset=utf-8"
      })
  void linesOfJsonAreABatchByAnyOfTheirNames(String type) {
    Http.Answer answer =
        Http.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/events"))
                .header("Content-Type", type)
                .header("Accept", type)
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"channel\":\"demo:lines\",\"data\":1}\n{\"channel\":\"x\"}\n")));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.contentType()).startsWith(type.split(";")[0]);
    assertThat(answer.body().lines()).hasSize(2);
  }

  // --- tokens ---

  @Test
  void aTokenThatWillBeValidSoonIsWorthWaitingFor() {
    Map<String, Object> claims = claims();
    claims.put("nbf", Instant.now().plusSeconds(120).getEpochSecond());
    String soon = signed(claims);
    Http.Answer answer =
        get("/v1/channel?channel=chat:soon", Map.of("Authorization", "Bearer " + soon));
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.json().path("code").asText()).isEqualTo("token_not_yet_valid");
    assertThat(answer.json().path("retry").asBoolean()).isTrue();
    assertThat(Integer.parseInt(answer.headers().firstValue("Retry-After").orElse("0")))
        .isBetween(30, 91);
    try (StreamPeek stream = stream("/v1/events?channel=chat:soon&access_token=" + soon)) {
      Block only = stream.untilEnd().getFirst();
      assertThat(only.type()).isEqualTo("tw.retry");
      assertThat(only.data()).contains("token_not_yet_valid");
    }
    try (WsPeer peer = WsPeer.connect(gateway, "Authorization: Bearer " + soon)) {
      JsonNode disconnect = peer.json().path("disconnect");
      assertThat(disconnect.path("code").asInt()).isEqualTo(4401);
      assertThat(disconnect.path("retry_ms").asInt()).isPositive();
    }
  }

  @Test
  void aTokenOfAClockThatIsAheadIsGood() {
    for (String claim : List.of("nbf", "iat")) {
      Map<String, Object> claims = claims();
      claims.put(claim, Instant.now().plusSeconds(15).getEpochSecond());
      assertThat(as(signed(claims)).status()).as(claim).isEqualTo(200);
    }
    Map<String, Object> justOver = claims();
    justOver.put("exp", Instant.now().minusSeconds(5).getEpochSecond());
    assertThat(as(signed(justOver)).status()).isEqualTo(200);
    Map<String, Object> endless = claims();
    endless.put("exp", Instant.now().plusSeconds(40L * 24 * 3600).getEpochSecond());
    assertThat(as(signed(endless)).json().path("message").asText()).contains("too far away");
  }

  @Test
  void aTokenTakesAwayNothingThatEveryoneMayDo() {
    String none = Tokens.token("alice", List.of(), List.of());
    Channel channel = new Channel(Namespaces.DEMO, "everyone");
    Http.Answer published =
        Http.send(
            Http.publication(gateway, channel, "1").header("Authorization", "Bearer " + none));
    assertThat(published.status()).as(published.body()).isEqualTo(201);
    assertThat(
            get("/v1/channel?channel=demo:everyone", Map.of("Authorization", "Bearer " + none))
                .status())
        .isEqualTo(200);
  }

  @Test
  void aTicketMakesNoTicket() {
    Http.Answer made = tickets("", "{\"channels\":[\"chat:a\"]}");
    assertThat(made.status()).as(made.body()).isEqualTo(200);
    Http.Answer again =
        Http.send(
            HttpRequest.newBuilder(
                    gateway.resolve("/v1/tickets?ticket=" + made.json().path("ticket").asText()))
                .POST(HttpRequest.BodyPublishers.ofString("{\"channels\":[\"chat:a\"]}")));
    assertRefused(again, 403, "forbidden", "ticket");
  }

  // --- JSON ---

  @Test
  void whatIsJsonButTooMuchIsRefusedWithTheLimit() {
    String deep = "[".repeat(1_500) + "]".repeat(1_500);
    String longName = "{\"" + "n".repeat(60_000) + "\":1}";
    Http.Answer body = Http.send(Http.publication(gateway, channel("deep"), deep));
    assertRefused(body, 400, "invalid_json", "1000 levels");
    assertRefused(
        Http.send(Http.publication(gateway, channel("name"), longName)),
        400,
        "invalid_json",
        "50000 characters a field name");
    Http.Answer batch =
        Http.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/events"))
                .header("Content-Type", "application/x-ndjson")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"channel\":\"demo:deep\",\"data\":" + deep + "}")));
    assertThat(batch.json().path("error").path("message").asText()).contains("1000 levels");
    assertRefused(tickets("", "{\"channels\":" + deep + "}"), 400, "invalid_json", "1000 levels");
    try (WsPeer peer = WsPeer.connect(gateway)) {
      JsonNode error =
          peer.text("{\"publish\":{\"channel\":\"demo:deep\",\"data\":" + deep + "},\"id\":7}")
              .await("error");
      assertThat(error.path("id").asInt()).isEqualTo(7);
      assertThat(error.path("error").path("message").asText()).contains("1000 levels");
      JsonNode text = peer.text("{\"id\":\"8\",\"ping\":{}}").await("error");
      assertThat(text.has("id")).isFalse();
      assertThat(text.path("error").path("message").asText()).contains("'id'");
      assertThat(peer.text("{\"id\":9,\"ping\":{}}").await("pong").path("id").asInt()).isEqualTo(9);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"channels\":[null]} | channels",
        "{\"channels\":[1]} | channels",
        "{\"channels\":[[\"chat:a\"]]} | channels",
        "{\"channels\":{\"a\":\"chat:a\"}} | channels",
        "{\"channels\":\"chat:a\"} | channels",
        "{\"channels\":null} | channels",
        "{\"channels\":[\"chat:a\"],\"ttl_s\":\"60\"} | ttl_s",
        "{\"channels\":[\"chat:a\"],\"ttl_s\":1.5} | ttl_s",
        "{\"channels\":[\"chat:a\"],\"ttl_s\":1e400} | ttl_s",
        "{\"channels\":[\"chat:a\"],\"ttl_s\":99999999999999999999999} | ttl_s",
        "{\"channels\":[\"chat:a\"],\"ttl_s\":true} | ttl_s",
        "{\"channels\":[\"chat:a\"],\"ttl_s\":[]} | ttl_s",
        "{\"channels\":[\"chat:a\"],\"channels\":[\"chat:b\"]} | channels",
      })
  void aFieldOfTheWrongShapeIsNamed(String body, String field) {
    assertRefused(tickets("", body), 400, "invalid_request", "'" + field + "'");
  }

  /** Random bodies, most of them nearly right, at every endpoint that reads JSON. */
  @Test
  void noBodyIsAnInternalError() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    Map<String, List<String>> fields = new LinkedHashMap<>();
    fields.put("/v1/tickets", List.of("channels", "ttl_s"));
    fields.put("/v1/dev/cut", List.of("connection"));
    fields.put("/v1/dev/kill", List.of("gateway"));
    fields.put(
        "/v1/ai/streams",
        List.of("prompt", "messages", "model", "max_tokens", "temperature", "unwatched", "seed"));
    fields.put("/v1/events?channel=chat:random", List.of("a"));
    fields.put("/v1/events", List.of("channel", "data", "type", "key", "data_base64"));
    List<String> paths = new ArrayList<>(fields.keySet());
    for (int i = 0; i < 600; i++) {
      String path = paths.get(i % paths.size());
      String body = object(random, fields.getOrDefault(path, List.of()));
      Http.Answer answer =
          Http.send(
              HttpRequest.newBuilder(gateway.resolve(path))
                  .header("Authorization", "Bearer " + ALICE)
                  .header(
                      "Content-Type",
                      path.equals("/v1/events") ? "application/x-ndjson" : "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString(body)));
      String what =
          "seed " + seed + " " + path + " " + body.substring(0, Math.min(300, body.length()));
      assertThat(answer.status()).as(what + " " + answer.body()).isLessThan(500);
      assertThat(answer.body()).as(what).doesNotContain("\"internal\"", "Exception", "java.");
      if (answer.status() >= 400) {
        assertThat(answer.json().path("message").asText()).as(what).isNotEmpty();
      }
    }
  }

  private static String object(Random random, List<String> fields) {
    StringBuilder json = new StringBuilder("{");
    int count = random.nextInt(4);
    for (int i = 0; i < count; i++) {
      String name = random.nextInt(12) == 0 ? "other" : fields.get(random.nextInt(fields.size()));
      json.append(i == 0 ? "" : ",").append(Json.write(name)).append(':').append(value(random, 0));
    }
    return random.nextInt(20) == 0 ? json.toString() : json.append('}').toString();
  }

  private static String value(Random random, int depth) {
    return switch (random.nextInt(depth > 3 ? 14 : 18)) {
      case 0 -> "null";
      case 1 -> "true";
      case 2 -> Integer.toString(random.nextInt());
      case 3 -> Long.toString(random.nextLong());
      case 4 -> "9".repeat(1 + random.nextInt(2_000));
      case 5 -> "-1.5e" + random.nextInt(5_000);
      case 6 -> "\"\"";
      case 7 -> "\"chat:a\"";
      case 8 -> "\"\\ud800\"";
      case 9 -> "\"\\u0000\"";
      case 10 -> "\"" + "x".repeat(random.nextInt(70_000)) + "\"";
      case 11 -> "[".repeat(2_000) + "]".repeat(2_000);
      case 12 -> "{\"a\":".repeat(900) + "1" + "}".repeat(900);
      case 13 -> "{\"role\":\"user\",\"content\":" + (depth > 3 ? "1" : value(random, 4)) + "}";
      default -> {
        List<String> elements = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
          elements.add(value(random, depth + 1));
        }
        yield "[" + String.join(",", elements) + "]";
      }
    };
  }

  // --- asking ---

  private static Map<String, Object> claims() {
    Map<String, Object> claims = new LinkedHashMap<>();
    claims.put("sub", "alice");
    claims.put("exp", Instant.now().plusSeconds(3_600).getEpochSecond());
    claims.put("tw", Map.of("subscribe", List.of("chat:*")));
    return claims;
  }

  private static String signed(Map<String, Object> claims) {
    return Tokens.signed("{\"alg\":\"HS256\"}", claims, Tokens.KEY);
  }

  private static Http.Answer as(String token) {
    return get("/v1/channel?channel=chat:clock", Map.of("Authorization", "Bearer " + token));
  }

  private static Http.Answer tickets(String query, String body) {
    return Http.send(
        HttpRequest.newBuilder(gateway.resolve("/v1/tickets" + query))
            .header("Authorization", "Bearer " + ALICE)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private static String path(Channel channel) {
    return "/v1/events?channel=" + Wanted.encoded(channel.toString());
  }

  private static Channel channel(String key) {
    return new Channel(Namespaces.DEMO, key);
  }

  private static Http.Answer get(String path, Map<String, String> headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(gateway + path));
    headers.forEach(request::header);
    return Http.send(request);
  }

  private static JsonNode poll(String path) {
    Http.Answer answer = get(path, Map.of("Accept", "application/json"));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private static StreamPeek stream(String path) {
    return StreamPeek.open(gateway, path, Map.of("Accept", "text/event-stream"));
  }

  private static StreamPeek streamWith(String accept) {
    return StreamPeek.open(gateway, "/v1/events?channel=demo:accept", Map.of("Accept", accept));
  }

  private static List<String> events(StreamPeek stream) {
    stream.untilLive(1);
    return stream.blocks().stream()
        .filter(block -> !block.type().startsWith("tw."))
        .map(Block::data)
        .toList();
  }

  private static void assertRefused(Http.Answer answer, int status, String code, String named) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.json().path("code").asText()).isEqualTo(code);
    assertThat(answer.json().path("message").asText()).contains(named);
  }
}
