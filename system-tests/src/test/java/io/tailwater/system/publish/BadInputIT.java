package io.tailwater.system.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import io.micronaut.context.ApplicationContext;
import io.tailwater.contract.Channel;
import io.tailwater.edge.EdgeGateway;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Every way to ask wrongly gets the answer that the protocol documents. Written from the protocol,
 * not from the code.
 */
@OnPlatforms
final class BadInputIT {
  private static final String CHAT_READER =
      Tokens.token("alice", List.of("chat:*", "demo:private", "ai:*"), List.of());
  private static final String CHAT_WRITER = Tokens.token("alice", List.of(), List.of("chat:*"));
  private static final String ALL = Tokens.token("root", List.of("*"), List.of("*"));
  private static final String OWN = Tokens.token("alice", List.of("chat:$sub"), List.of());
  private static final String SLASHED =
      Tokens.token("alice/admin", List.of("chat:$sub"), List.of());
  private static final String EXPIRED =
      Tokens.token("alice", List.of("chat:*"), List.of(), Instant.parse("2026-01-01T00:00:00Z"));
  private static final String OTHER_KEY =
      Tokens.signed(
          "{\"alg\":\"HS256\"}",
          Map.of("sub", "alice", "exp", 4_000_000_000L, "tw", Map.of("subscribe", List.of("*"))),
          "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY");
  private static final String NO_ALGORITHM =
      Tokens.signed(
              "{\"alg\":\"none\"}",
              Map.of("sub", "a", "exp", 4_000_000_000L, "tw", Map.of("subscribe", List.of("*"))),
              Tokens.KEY)
          .replaceAll("[^.]*$", "");
  private static final String ENDLESS =
      Tokens.signed(
          "{\"alg\":\"HS256\"}",
          Map.of("sub", "alice", "tw", Map.of("subscribe", List.of("*"))),
          Tokens.KEY);
  private static final String LONG_KEY = "demo:" + "k".repeat(256);
  private static final String BIG = "\"" + "x".repeat(300_000) + "\"";

  /**
   * A request and the answer to it.
   *
   * @param body null for GET
   * @param mentions what the message has to name, so that it helps
   */
  private record Case(
      String method,
      String path,
      Map<String, String> headers,
      @Nullable String body,
      int status,
      String code,
      String mentions) {

    Case with(String name, String value) {
      Map<String, String> more = new java.util.LinkedHashMap<>(headers);
      more.put(name, value);
      return new Case(method, path, more, body, status, code, mentions);
    }

    Case as(String token) {
      return with("Authorization", "Bearer " + token);
    }

    Case mentioning(String text) {
      return new Case(method, path, headers, body, status, code, text);
    }

    String name() {
      String shown = method + " " + path + " " + headers + (body == null ? "" : " " + body);
      return status + " " + code + ": " + (shown.length() > 150 ? shown.substring(0, 150) : shown);
    }
  }

  private static Case get(String path, int status, String code) {
    return new Case("GET", path, Map.of(), null, status, code, "");
  }

  private static Case post(String path, String body, int status, String code) {
    return new Case(
        "POST", path, Map.of("Content-Type", "application/json"), body, status, code, "");
  }

  private static Case batch(String path, String body, int status, String code) {
    return post(path, body, status, code).with("Content-Type", "application/x-ndjson");
  }

  @TestFactory
  Collection<DynamicTest> subscribing(InProcessPlatform platform) {
    String events = "/v1/events?channel=demo:a";
    StringBuilder many = new StringBuilder("/v1/events?");
    for (int i = 0; i < 33; i++) {
      many.append("channel=demo:").append(i).append('&');
    }
    many.setLength(many.length() - 1);
    return tests(
        platform,
        List.of(
            get("/v1/events", 400, "invalid_channel").mentioning("channel"),
            get("/v1/events?channel=", 400, "invalid_channel"),
            get("/v1/events?channel=demo", 400, "invalid_channel"),
            get("/v1/events?channel=demo:", 400, "invalid_channel"),
            get("/v1/events?channel=:a", 400, "invalid_channel"),
            get("/v1/events?channel=Demo:a", 400, "invalid_channel"),
            get("/v1/events?channel=1demo:a", 400, "invalid_channel"),
            get("/v1/events?channel=de_mo:a", 400, "invalid_channel"),
            get("/v1/events?channel=" + "d".repeat(33) + ":a", 400, "invalid_channel"),
            get("/v1/events?channel=" + LONG_KEY, 400, "invalid_channel"),
            get("/v1/events?channel=demo:a%00b", 400, "invalid_channel"),
            get("/v1/events?channel=demo:a%0Ab", 400, "invalid_channel"),
            get("/v1/events?channel=demo:a%7Fb", 400, "invalid_channel"),
            get("/v1/events?channel=demo:%FF%FE", 400, "invalid_channel"),
            get("/v1/events?channel=demo:*", 401, "unauthorized"),
            get("/v1/events?channel=chat:a%2A", 401, "unauthorized"),
            get("/v1/events?channel=brief:*", 403, "forbidden").as(CHAT_READER),
            get("/v1/events?channel=ai:*", 403, "forbidden").as(CHAT_READER),
            get("/v1/events?channel=*", 400, "invalid_channel"),
            get("/v1/events?channel=chat*", 400, "invalid_channel"),
            get("/v1/events?channel=Chat:*", 400, "invalid_channel").mentioning("pattern"),
            get("/v1/events?channel=unknown:*", 404, "not_found").as(ALL),
            get("/v1/events?channel=chat:*&from=last:3", 400, "invalid_request").as(CHAT_READER),
            get("/v1/events?channel=chat:*&after=k3Zq-1", 400, "invalid_position").as(CHAT_READER),
            get("/v1/events?channel=chat:*&after=p1.!!", 400, "invalid_position").as(CHAT_READER),
            get(events + "&types=", 400, "invalid_type"),
            get(events + "&types=a,tw.live", 400, "invalid_type"),
            get(events + "&channel=nope", 400, "invalid_channel"),
            get("/v1/events?channel=unknown:a", 404, "not_found").as(ALL),
            get("/v1/events?channel=ai:never-was", 404, "not_found").as(CHAT_READER),
            get(many.toString(), 429, "too_many_subscriptions").mentioning("32"),
            get(events + "&chanel=demo:b", 400, "invalid_request").mentioning("chanel"),
            get(events + "&after=rubbish", 400, "invalid_position"),
            get(events + "&after=k3Zq", 400, "invalid_position"),
            get(events + "&after=k3Zq-", 400, "invalid_position"),
            get(events + "&after=k3Zq--2", 400, "invalid_position"),
            get(events + "&after=k3Zq-01", 400, "invalid_position"),
            get(events + "&after=k3Zq-99999999999999999999", 400, "invalid_position"),
            get(events + "&after=-5", 400, "invalid_position"),
            get(events + "&after=m1.!!", 400, "invalid_position"),
            get(events + "&after=m1.", 400, "invalid_position"),
            get(events + "&after=m1.AAAA", 400, "invalid_position"),
            get(events + "&channel=demo:b&after=k3Zq-1", 400, "invalid_position"),
            get(events + "&from=yesterday", 400, "invalid_request").mentioning("earliest"),
            get(events + "&from=last:0", 400, "invalid_request"),
            get(events + "&from=last:1001", 400, "invalid_request").mentioning("1000"),
            get(events + "&from=last:x", 400, "invalid_request"),
            get(events + "&from=last:-1", 400, "invalid_request"),
            get(events + "&from=time:noon", 400, "invalid_request"),
            get(events + "&envelope=maybe", 400, "invalid_request").mentioning("envelope"),
            get(events, 406, "not_acceptable").with("Accept", "image/png"),
            get("/v1/events?channel=chat:a", 401, "unauthorized"),
            get("/v1/events?channel=chat:a", 403, "forbidden").as(CHAT_WRITER),
            get("/v1/events?channel=chat:alice&channel=chat:bob", 403, "forbidden").as(OWN),
            get("/v1/events?channel=chat:bob", 403, "forbidden").as(OWN),
            get("/v1/events?channel=chat:alice/admin", 403, "forbidden").as(SLASHED),
            get("/v1/events?channel=chat:a", 401, "unauthorized").as("rubbish"),
            get("/v1/events?channel=chat:a", 401, "unauthorized").as("a.b.c"),
            get("/v1/events?channel=chat:a", 401, "unauthorized").as(OTHER_KEY),
            get("/v1/events?channel=chat:a", 401, "unauthorized").as(NO_ALGORITHM),
            get("/v1/events?channel=chat:a", 401, "unauthorized").as(ENDLESS),
            get("/v1/events?channel=chat:a", 401, "token_expired").as(EXPIRED),
            get("/v1/events?channel=chat:a&access_token=" + EXPIRED, 401, "token_expired"),
            get("/v1/events?channel=chat:a&access_token=x", 401, "unauthorized"),
            get("/v1/events?channel=chat:a&ticket=x", 401, "unauthorized"),
            get("/v1/events?channel=chat:a&ticket=" + CHAT_READER, 401, "unauthorized"),
            get("/v1/events?channel=chat:a", 401, "unauthorized")
                .with("Authorization", "Basic YTpi"),
            get("/v1/events?channel=chat:a", 403, "origin_denied")
                .with("Cookie", "tw_token=" + CHAT_READER)
                .with("Origin", "https://evil.example"),
            get("/v1/events?channel=demo:" + "a".repeat(8200), 413, "too_large"),
            get(events, 413, "too_large").with("X-Long", "a".repeat(17_000)),
            get(events + "&wait=5", 400, "invalid_request")
                .with("Accept", "text/event-stream")
                .mentioning("wait")));
  }

  @TestFactory
  Collection<DynamicTest> polling(InProcessPlatform platform) {
    String events = "/v1/events?channel=demo:a";
    String id = Http.publish(platform.gateways().getFirst(), new Channel("demo", "a"), "1");
    return tests(
        platform,
        Stream.of(
                get(events + "&wait=-1", 400, "invalid_request").mentioning("55"),
                get(events + "&wait=56", 400, "invalid_request").mentioning("55"),
                get(events + "&wait=1.5", 400, "invalid_request").mentioning("wait"),
                get(events + "&wait=", 400, "invalid_request").mentioning("wait"),
                get(events + "&limit=0", 400, "invalid_request").mentioning("limit"),
                get(events + "&limit=1001", 400, "invalid_request").mentioning("1000"),
                get(events + "&limit=99999999999", 400, "invalid_request").mentioning("limit"),
                get(events + "&limt=5", 400, "invalid_request").mentioning("limt"),
                get(events + "&before=rubbish", 400, "invalid_position"),
                get(events + "&before=m1.AAAA", 400, "invalid_position"),
                get(events + "&before=Zzzz-7", 400, "invalid_position"),
                get(events + "&before=" + id + "&after=" + id, 400, "invalid_request")
                    .mentioning("after"),
                get(events + "&before=" + id + "&wait=5", 400, "invalid_request")
                    .mentioning("wait"),
                get(events + "&before=" + id + "&from=earliest", 400, "invalid_request")
                    .mentioning("from"),
                get(events + "&channel=demo:b&before=" + id, 400, "invalid_request")
                    .mentioning("channel"),
                get(events + "&after=rubbish", 400, "invalid_position"),
                get(events + "&channel=demo:b&after=" + id, 400, "invalid_position"),
                get("/v1/events?channel=chat:a&wait=5", 401, "unauthorized"),
                get("/v1/events?channel=chat:a&before=" + id, 401, "unauthorized"),
                get("/v1/events?channel=chat:a", 401, "token_expired").as(EXPIRED),
                get("/v1/events?channel=unknown:a", 404, "not_found").as(ALL),
                get("/v1/events?channel=ai:never-was", 404, "not_found").as(ALL))
            .map(one -> one.with("Accept", "application/json"))
            .toList());
  }

  /** What is one's own to hand in as a header is no reason to refuse, here as on a stream. */
  @Test
  void anUnreadableLastEventIdIsAResetOfAPollToo(InProcessPlatform platform) {
    Channel channel = new Channel(Namespaces.DEMO, "unreadable poll");
    Http.publish(platform.gateways().getFirst(), channel, "1");
    for (String id : List.of("rubbish", "k3Zq-1042", "m1.!!", "-7", "0")) {
      JsonNode answer =
          Http.send(
                  HttpRequest.newBuilder(
                          platform.gateways().getFirst().resolve(Wanted.of("", channel).path()))
                      .header("Accept", "application/json")
                      .header("Last-Event-ID", id))
              .json();
      assertThat(answer.path("resets").path(0).path("reason").asText()).as(id).isEqualTo("foreign");
      assertThat(answer.path("events")).as(id).hasSize(1);
    }
  }

  @TestFactory
  Collection<DynamicTest> publishing(InProcessPlatform platform) {
    String events = "/v1/events?channel=demo:a";
    return tests(
        platform,
        List.of(
            post("/v1/events", "1", 400, "invalid_channel"),
            post("/v1/events?channel=demo", "1", 400, "invalid_channel"),
            post("/v1/events?channel=demo:a*", "1", 400, "invalid_channel")
                .mentioning("ends in '*'"),
            post(events + "&channel=demo:b", "1", 400, "invalid_channel"),
            post("/v1/events?channel=unknown:a", "1", 404, "not_found").as(ALL),
            post(events + "&closed=true", "1", 400, "invalid_request").mentioning("closed"),
            post(events + "&close=yes", "1", 400, "invalid_request").mentioning("close"),
            post(events, "{\"a\":", 400, "invalid_json"),
            post(events, "{\"a\":1} x", 400, "invalid_json"),
            post(events, "", 400, "invalid_json"),
            post(events, "{'a':1}", 400, "invalid_json"),
            post(events, "NaN", 400, "invalid_json"),
            post(events, "[".repeat(100_000), 400, "invalid_json"),
            post(events, "hello", 415, "unsupported_media_type")
                .with("Content-Type", "application/x-www-form-urlencoded")
                .mentioning("--json"),
            post(events, "{}", 415, "unsupported_media_type")
                .with("Content-Type", "application/x-www-form-urlencoded")
                .with("Cookie", "tw_token=" + ALL),
            post(events, "1", 400, "invalid_type").with("Event-Type", "tw.open"),
            post(events, "1", 400, "invalid_type").with("Event-Type", "error"),
            post(events, "1", 400, "invalid_type").with("Event-Type", "open"),
            post(events, "1", 400, "invalid_type").with("Event-Type", "a b"),
            post(events, "1", 400, "invalid_type").with("Event-Type", "t".repeat(65)),
            post(events, "1", 400, "invalid_request").with("Idempotency-Key", "k".repeat(256)),
            post(events, BIG, 413, "too_large").mentioning("262144"),
            post(events, "\"" + "x".repeat(6_000_000) + "\"", 413, "too_large"),
            post("/v1/events?channel=chat:a", "1", 401, "unauthorized"),
            post("/v1/events?channel=chat:a", "1", 403, "forbidden").as(CHAT_READER),
            post("/v1/events?channel=ai:a", "1", 403, "forbidden").as(ALL),
            post("/v1/events?channel=chat:a", "1", 401, "token_expired").as(EXPIRED),
            post("/v1/events?channel=chat:a", "1", 401, "unauthorized").as(OTHER_KEY),
            batch("/v1/events", "", 400, "invalid_request"),
            batch(
                    "/v1/events",
                    "{\"channel\":\"demo:a\",\"data\":1}\n".repeat(1001),
                    413,
                    "too_large")
                .mentioning("1,000"),
            batch(
                "/v1/events",
                "{\"channel\":\"demo:a\",\"data\":\"" + "x".repeat(4_300_000) + "\"}",
                413,
                "too_large")));
  }

  @TestFactory
  Collection<DynamicTest> otherEndpoints(InProcessPlatform platform) {
    return tests(
        platform,
        List.of(
            get("/v1/channel", 400, "invalid_channel"),
            get("/v1/channel?channel=demo", 400, "invalid_channel"),
            get("/v1/channel?channel=demo:*", 400, "invalid_channel").mentioning("ends in '*'"),
            get("/v1/channel?channel=demo:a&x=1", 400, "invalid_request").mentioning("x"),
            get("/v1/channel?channel=chat:a", 401, "unauthorized"),
            get("/v1/channel?channel=chat:a", 401, "token_expired").as(EXPIRED),
            get("/v1/channel?channel=unknown:a", 404, "not_found").as(ALL),
            get("/v1/channel?channel=ai:never-was", 404, "not_found").as(CHAT_READER),
            get("/v1/nothing", 404, "not_found"),
            get("/nothing", 404, "not_found"),
            new Case("PUT", "/v1/events?channel=demo:a", Map.of(), "1", 405, "invalid_request", ""),
            new Case(
                "DELETE", "/v1/channel?channel=demo:a", Map.of(), "", 405, "invalid_request", ""),
            post("/v1/tickets", "{\"channels\":[\"chat:a\"]}", 401, "unauthorized"),
            post("/v1/tickets", "{\"channels\":[\"chat:bob\"],\"ttl_s\":60}", 403, "forbidden")
                .as(OWN),
            post("/v1/tickets", "{\"channels\":[\"chat:a\"],\"ttl_s\":60}", 401, "token_expired")
                .as(EXPIRED),
            post("/v1/tickets", "{\"channels\":[]}", 400, "invalid_request").as(CHAT_READER),
            post("/v1/tickets", "{}", 400, "invalid_request").as(CHAT_READER),
            post("/v1/tickets", "{\"channels\":[\"demo:*\"]}", 401, "unauthorized"),
            post("/v1/tickets", "{\"channels\":[\"brief:*\"]}", 403, "forbidden").as(CHAT_READER),
            post("/v1/tickets", "{\"channels\":[\"nope\"]}", 400, "invalid_channel")
                .as(CHAT_READER),
            post("/v1/tickets", "{\"channels\":[\"chat:a\"],\"ttl_s\":-1}", 400, "invalid_request")
                .as(CHAT_READER),
            post("/v1/tickets", "{\"channels\":[\"chat:a\"],\"ttl\":1}", 400, "invalid_request")
                .as(CHAT_READER)
                .mentioning("ttl"),
            post("/v1/tickets", "{\"channels\":", 400, "invalid_json").as(CHAT_READER),
            post("/v1/tickets", "[1]", 400, "invalid_json").as(CHAT_READER)));
  }

  @Test
  void badLinesOfABatchAreRefusedEachForItselfAndInOrder(InProcessPlatform platform) {
    List<String> lines =
        List.of(
            "{\"channel\":\"demo:batch\",\"data\":1,\"key\":\"b-1\"}",
            "{\"channel\":\"demo\",\"data\":1}",
            "{\"channel\":\"demo:batch\",\"data\":2,\"type\":\"tw.live\"}",
            "{\"channel\":\"chat:batch\",\"data\":3}",
            "{\"channel\":\"unknown:batch\",\"data\":3}",
            "{\"channel\":\"demo:batch*\",\"data\":3}",
            "{\"channel\":\"demo:batch\",\"dta\":3}",
            "{\"channel\":\"demo:batch\"",
            "{\"channel\":\"demo:batch\",\"data_base64\":\"***\"}",
            "{\"channel\":\"demo:batch\",\"data\":1,\"data_base64\":\"AAAA\"}",
            "{\"channel\":\"demo:batch\",\"data\":" + BIG + "}",
            "{\"data\":1}",
            "{\"channel\":\"demo:batch\",\"data\":1,\"key\":\"b-1\"}",
            "{\"channel\":\"demo:batch\",\"data\":4}");
    Http.Answer answer =
        Http.send(
            HttpRequest.newBuilder(platform.gateways().getFirst().resolve("/v1/events"))
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofString(String.join("\n", lines))));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    List<JsonNode> verdicts = new ArrayList<>();
    answer
        .body()
        .lines()
        .forEach(line -> verdicts.add(new Http.Answer(0, answer.headers(), line).json()));
    assertThat(verdicts.stream().map(BadInputIT::verdict))
        .containsExactly(
            "stored",
            "invalid_channel",
            "invalid_type",
            "unauthorized",
            "not_found",
            "invalid_channel",
            "invalid_request",
            "invalid_json",
            "invalid_request",
            "invalid_request",
            "too_large",
            "invalid_channel",
            "duplicate",
            "stored");
    assertThat(verdicts.get(12).path("id")).isEqualTo(verdicts.get(0).path("id"));
    assertThat(verdicts.get(1).path("error").path("message").asText()).isNotEmpty();
    assertThat(verdicts.get(1).path("error").path("retry").isBoolean()).isTrue();
  }

  private static String verdict(JsonNode line) {
    if (line.has("error")) {
      return line.path("error").path("code").asText();
    }
    return line.path("duplicate").asBoolean() ? "duplicate" : "stored";
  }

  /** The header can't be refused: an EventSource that has a bad one would never come back. */
  @Test
  void anUnreadableLastEventIdIsAResetAndNoRefusal(InProcessPlatform platform) {
    URI gateway = platform.gateways().getFirst();
    Channel channel = new Channel(Namespaces.DEMO, "unreadable");
    Http.publish(gateway, channel, "1");
    for (String id : List.of("rubbish", "k3Zq-1042", "m1.!!", "-7", "0")) {
      try (StreamPeek peek =
          StreamPeek.open(
              gateway,
              Wanted.of("unreadable", channel).path(),
              Map.of("Accept", "text/event-stream", "Last-Event-ID", id))) {
        assertThat(peek.status()).isEqualTo(200);
        peek.untilLive(1);
        assertThat(peek.blocks())
            .as(id)
            .extracting(Block::type)
            .containsExactly("tw.open", "tw.reset", "message", "tw.live");
        assertThat(peek.blocks().get(1).data()).contains("\"reason\":\"foreign\"");
      }
    }
  }

  /**
   * By the standard, a stream whose first block has no id makes its reader forget the position that
   * it came with: a passing failure would become a loss.
   */
  @Test
  void whatFailsForAPassingReasonTellsTheReaderToComeBackWithThePositionItHas() {
    int nobody = FreePort.choose();
    Map<String, Object> properties =
        Map.of(
            "micronaut.server.port",
            FreePort.choose(),
            "endpoints.all.port",
            FreePort.choose(),
            "tailwater.edge.event-cores",
            List.of("127.0.0.1:" + nobody),
            "tailwater.edge.jwt-key",
            Tokens.KEY,
            "redis.uri",
            "redis://127.0.0.1:" + nobody);
    try (ApplicationContext alone = EdgeGateway.start(properties);
        StreamPeek peek =
            StreamPeek.open(
                URI.create("http://127.0.0.1:" + properties.get("micronaut.server.port")),
                "/v1/events?channel=demo:a",
                Map.of("Accept", "text/event-stream", "Last-Event-ID", "k3Zq-1042"))) {
      assertThat(alone.isRunning()).isTrue();
      assertThat(peek.status()).isEqualTo(200);
      List<Block> blocks = peek.untilEnd();
      assertThat(blocks).hasSize(1);
      assertThat(blocks.getFirst().type()).isEqualTo("tw.retry");
      assertThat(blocks.getFirst().data()).contains("\"code\":\"unavailable\"");
      assertThat(blocks.getFirst().lastEventId()).isEqualTo("k3Zq-1042");
    }
  }

  /**
   * A page of any origin may read what is open to everyone; only a cookie needs a listed origin.
   */
  @Test
  void aForeignOriginWithoutACookieIsServedAndGetsNoCorsHeaders(InProcessPlatform platform) {
    Http.Answer answer =
        Http.send(
            HttpRequest.newBuilder(
                    platform.gateways().getFirst().resolve("/v1/channel?channel=demo:origin"))
                .header("Origin", "https://elsewhere.example"));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("access-control-allow-origin")).isEmpty();
    assertThat(answer.headers().firstValue("vary").orElse("")).contains("Origin");
  }

  private static List<DynamicTest> tests(InProcessPlatform platform, List<Case> cases) {
    return cases.stream()
        .map(one -> dynamicTest(one.name(), () -> check(platform.gateways().getFirst(), one)))
        .toList();
  }

  private static void check(URI gateway, Case wanted) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(gateway + wanted.path().replace(" ", "%20")));
    wanted.headers().forEach(request::header);
    String body = wanted.body();
    request.method(
        wanted.method(),
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body));
    Http.Answer answer = Http.send(request);
    assertThat(answer.status()).as(answer.body()).isEqualTo(wanted.status());
    assertThat(answer.contentType()).startsWith("application/problem+json");
    JsonNode problem = answer.json();
    assertThat(problem.path("code").asText()).as(answer.body()).isEqualTo(wanted.code());
    assertThat(problem.path("status").asInt()).isEqualTo(wanted.status());
    assertThat(problem.path("message").asText()).isNotEmpty().contains(wanted.mentions());
    assertThat(problem.path("retry").isBoolean()).isTrue();
    assertThat(problem.path("retry").asBoolean()).as("trying again is of no use").isFalse();
    // No stack trace, no class name, ever.
    assertThat(answer.body()).doesNotContain("io.tailwater", "io.micronaut", "java.", "Exception");
  }
}
