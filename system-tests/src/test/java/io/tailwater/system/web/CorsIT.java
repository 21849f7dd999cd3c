package io.tailwater.system.web;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.Channel;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.RawHttp;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** CORS, and who counts as a page of the gateway's own, with two listed origins and with a star. */
@OnPlatforms
final class CorsIT {
  private static final String APP = "https://app.test";
  private static final String LOCAL = "http://localhost:3000";
  private static final String EVIL = "https://evil.test";
  private static final String TOKEN =
      Tokens.token("alice", List.of("chat:*"), List.of("chat:*", "ai:*"));

  private static ExtraGateway listed;
  private static ExtraGateway any;

  @BeforeAll
  static void start(InProcessPlatform platform) {
    listed =
        platform
            .gateway(
                Map.of(
                    "tailwater.instance",
                    "edge-gateway-cors",
                    "redis.uri",
                    platform.redis().uri(),
                    "tailwater.edge.limits.trusted-proxies",
                    List.of("127.0.0.0/8"),
                    "tailwater.edge.dev",
                    true,
                    "tailwater.edge.origins",
                    List.of("HTTPS://App.Test:443", LOCAL)))
            .ready();
    any =
        platform
            .gateway(
                Map.of(
                    "tailwater.instance",
                    "edge-gateway-any",
                    "redis.uri",
                    platform.redis().uri(),
                    "tailwater.edge.origins",
                    "*"))
            .ready();
  }

  @AfterAll
  static void stop() {
    listed.close();
    any.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/events?channel=demo:a",
        "/v1/tickets",
        "/v1/ai/streams",
        "/v1/ai/streams/none",
        "/v1/admin/connections?subject=a",
        "/v1/nothing",
        "/",
        "/v1/events?channel=%zz",
        "/v1/events?channel=demo:%FF",
        "/v1/{",
      })
  void aPreflightOfAListedOriginIsGrantedWhatItAsksForOnEveryPath(String path) {
    for (String method : List.of("GET", "HEAD", "POST", "DELETE")) {
      Http.Answer answer =
          preflight(
              listed, path, APP, method, "authorization, content-type, x-anything-at-all, b3");
      assertGranted(answer, APP);
      assertThat(header(answer, "Access-Control-Allow-Headers"))
          .isEqualTo("authorization, content-type, x-anything-at-all, b3");
      assertThat(header(answer, "Access-Control-Allow-Credentials")).isEqualTo("true");
    }
  }

  @Test
  void aPreflightOfATooLongUrlIsGrantedSoThatThePageCanReadTheRefusal() {
    String path = "/v1/events?channel=demo:" + "a".repeat(9_000);
    assertGranted(preflight(listed, path, LOCAL, "POST", "content-type"), LOCAL);
  }

  @Test
  void anyOriginIsGrantedTheHeadersOfTheContractAndThoseOfAiClients() {
    Http.Answer answer =
        preflight(any, "/v1/events", EVIL, "POST", "x-stainless-lang,X-Stainless-New, x-secret");
    assertGranted(answer, "*");
    assertThat(header(answer, "Access-Control-Allow-Credentials")).isEmpty();
    // Written out, since pages rely on each of them.
    assertThat(header(answer, "Access-Control-Allow-Headers").split(", "))
        .contains(
            "Authorization",
            "Content-Type",
            "Last-Event-ID",
            "Event-Type",
            "Idempotency-Key",
            "If-Match",
            "If-None-Match",
            "traceparent",
            "tracestate",
            "baggage",
            "sentry-trace",
            "Cache-Control",
            "X-Requested-With",
            "x-stainless-lang",
            "X-Stainless-New")
        .doesNotContain("x-secret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {EVIL, "http://app.test", "https://app.test:8443", "null", "foo://app.test"})
  void aPreflightOfAnotherOriginIsGrantedNothing(String origin) {
    Http.Answer answer = preflight(listed, "/v1/events", origin, "POST", "content-type");
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.headers().map().keySet())
        .noneMatch(name -> name.startsWith("access-control-"));
  }

  @Test
  void everyAnswerCanBeReadByAListedPageAlsoOneRefusedBeforeItIsRouted() {
    List<List<String>> requests =
        List.of(
            List.of("GET /v1/channel?channel=demo:cors HTTP/1.1"),
            List.of("HEAD /v1/channel?channel=demo:cors HTTP/1.1"),
            List.of("GET /v1/events?channel=demo HTTP/1.1", "Accept: application/json"),
            List.of("GET /v1/nothing HTTP/1.1"),
            List.of("PUT /v1/events HTTP/1.1"),
            List.of("DELETE /v1/admin/connections?subject=x HTTP/1.1"),
            List.of("GET /v1/ws HTTP/1.1"),
            List.of("GET /v1/openapi.yaml HTTP/1.1"),
            List.of("GET /health HTTP/1.1"),
            List.of("GET /v1/events?channel=%zz HTTP/1.1"),
            List.of("GET /v1/events?channel=demo:%FF HTTP/1.1"),
            List.of("GET /v1/{ HTTP/1.1"),
            List.of("GET /v1/events?channel=demo:" + "a".repeat(9_000) + " HTTP/1.1"),
            List.of("GET /v1/events HTTP/1.1", "X-Long: " + "a".repeat(17_000)),
            List.of("POST /v1/tickets HTTP/1.1", "Content-Type: image/png"));
    for (List<String> request : requests) {
      List<String> head = new ArrayList<>(request);
      head.add("Origin: " + APP);
      Http.Answer answer = RawHttp.send(listed.address(), head, "");
      String name = request.getFirst().substring(0, Math.min(60, request.getFirst().length()));
      assertThat(header(answer, "Access-Control-Allow-Origin")).as(name).isEqualTo(APP);
      assertThat(header(answer, "Access-Control-Allow-Credentials")).as(name).isEqualTo("true");
      assertThat(header(answer, "Access-Control-Expose-Headers").split(", "))
          .as(name)
          .contains("Location", "Content-Location", "Retry-After", "ETag", "X-Request-Id")
          .contains("X-Should-Retry", "X-Tailwater-Stream", "X-Vercel-AI-UI-Message-Stream");
      assertThat(header(answer, "Vary")).as(name).contains("Origin");
    }
  }

  /** Beyond what the server reads at all, the origin is not known; a star needs none. */
  @ParameterizedTest
  @ValueSource(ints = {9_000, 40_000})
  void aUrlOfAnyLengthIsRefusedReadably(int length) {
    Http.Answer answer =
        RawHttp.send(
            any.address(),
            List.of("GET /v1/events?channel=demo:" + "a".repeat(length) + " HTTP/1.1", "Origin: x"),
            "");
    assertThat(answer.status()).isEqualTo(413);
    assertThat(answer.json().path("message").asText()).contains("8 KiB");
    assertThat(header(answer, "Access-Control-Allow-Origin")).isEqualTo("*");
  }

  @Test
  void theAnswersOfOneConnectionEachHaveTheirOwnOrigin() throws Exception {
    String text = "";
    for (String origin : List.of(APP, EVIL, LOCAL)) {
      text +=
          "GET /v1/channel?channel=demo:pipelined HTTP/1.1\r\nHost: x\r\nOrigin: "
              + origin
              + (origin.equals(LOCAL) ? "\r\nConnection: close" : "")
              + "\r\n\r\n";
    }
    try (var socket = new java.net.Socket("127.0.0.1", listed.address().getPort())) {
      socket.setSoTimeout(45_000);
      socket.getOutputStream().write(text.getBytes(java.nio.charset.StandardCharsets.US_ASCII));
      String answers = new String(socket.getInputStream().readAllBytes());
      assertThat(
              Arrays.stream(answers.split("HTTP/1.1 200 OK"))
                  .skip(1)
                  .map(
                      answer ->
                          answer
                              .lines()
                              .filter(
                                  line ->
                                      line.toLowerCase().startsWith("access-control-allow-origin"))
                              .map(line -> line.split(": ")[1])
                              .findFirst()
                              .orElse("none")))
          .containsExactly(APP, "none", LOCAL);
    }
  }

  @Test
  void anEventStreamCanBeReadByAListedPage() {
    Channel channel = new Channel(Namespaces.DEMO, "cors stream");
    try (StreamPeek stream =
        StreamPeek.open(
            listed.address(),
            Wanted.of("cors", channel).path(),
            Map.of("Accept", "text/event-stream", "Origin", APP))) {
      assertThat(stream.header("access-control-allow-origin")).isEqualTo(APP);
      assertThat(stream.header("vary")).contains("Origin");
      assertThat(stream.header("cache-control")).contains("no-store");
    }
  }

  /** What a cookie is good for: pages of listed origins and our own, by scheme, host and port. */
  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        // Origin, Host, X-Forwarded-Proto, X-Forwarded-Host, X-Forwarded-Port, own
        "http://edge.test:8080, edge.test:8080, -, -, -, true",
        "http://edge.test, edge.test, -, -, -, true",
        "http://edge.test, edge.test:80, -, -, -, true",
        "http://EDGE.test, edge.TEST, -, -, -, true",
        "http://[::1]:8080, [0:0:0:0:0:0:0:1]:8080, -, -, -, true",
        "https://edge.test, edge.test:443, https, -, -, true",
        "https://edge.test:443, edge.test, https, -, -, true",
        "https://edge.test, edge.test, HTTPS, -, -, true",
        "https://edge.test:8443, edge.test, https, -, 8443, true",
        "https://edge.test:8443, gateway:8080, https, edge.test:8443, -, true",
        "https://edge.test, gateway:8080, 'https, http', 'edge.test, gateway', 443, true",
        "http://edge.test, edge.test, https, -, -, false",
        "https://edge.test, edge.test, -, -, -, false",
        "https://edge.test, edge.test, http, -, -, false",
        "https://edge.test:444, edge.test:443, https, -, -, false",
        "foo://edge.test, edge.test, -, -, -, false",
        "null, edge.test, -, -, -, false",
        "http://edge.test.evil.test, edge.test, -, -, -, false",
        "http://edge.test@evil.test, evil.test, -, -, -, false",
        "https://edge.test, edge.test, https, -, rubbish, false",
      })
  void ourOwnPagesAreComparedBySchemeHostAndPort(
      String origin, String host, String proto, String forwardedHost, String port, boolean own) {
    List<String> head = new ArrayList<>();
    head.add("GET /v1/channel?channel=chat:own HTTP/1.1");
    head.add("Host: " + host);
    head.add("Origin: " + origin);
    head.add("Cookie: tw_token=" + TOKEN);
    if (proto != null) {
      head.add("X-Forwarded-Proto: " + proto);
    }
    if (forwardedHost != null) {
      head.add("X-Forwarded-Host: " + forwardedHost);
    }
    if (port != null) {
      head.add("X-Forwarded-Port: " + port);
    }
    Http.Answer answer = RawHttp.send(listed.address(), head, "");
    assertThat(answer.status()).as(answer.body()).isEqualTo(own ? 200 : 403);
    if (!own) {
      assertThat(answer.json().path("code").asText()).isEqualTo("origin_denied");
    }
  }

  @Test
  void forwardedHeadersOfAnyoneElseAreNotBelieved() {
    Http.Answer answer =
        RawHttp.send(
            any.address(),
            List.of(
                "GET /v1/channel?channel=chat:own HTTP/1.1",
                "Host: edge.test",
                "Origin: https://edge.test",
                "X-Forwarded-Proto: https",
                "Cookie: tw_token=" + TOKEN),
            "");
    assertThat(answer.status()).isEqualTo(403);
  }

  /** A page of evil.test, whose name server now says that evil.test is this machine. */
  @ParameterizedTest
  @CsvSource({
    "http://evil.test:8080, evil.test:8080, 403",
    "http://evil.test, evil.test, 403",
    "http://127.0.0.1.evil.test, 127.0.0.1.evil.test, 403",
    "http://localhost.evil.test, localhost.evil.test, 403",
    "http://127.0.0.1:8080, 127.0.0.1:8080, 202",
    "http://localhost:8080, localhost:8080, 202",
    "http://demo.localhost, demo.localhost, 202",
    "http://[::1]:8080, [::1]:8080, 202",
    "http://192.168.1.7, 192.168.1.7, 202",
    "http://localhost:3000, localhost:8080, 403",
    "foo://127.0.0.1:8080, 127.0.0.1:8080, 403",
  })
  void faultButtonsAreSafeFromPagesThatBorrowOurAddress(String origin, String host, int status) {
    Http.Answer answer =
        RawHttp.send(
            listed.address(),
            List.of(
                "POST /v1/dev/cut HTTP/1.1",
                "Host: " + host,
                "Origin: " + origin,
                "Content-Type: application/json"),
            "{\"connection\":\"c-none\"}");
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
  }

  /** With a name that is listed, the page is known not to be a stranger's. */
  @Test
  void faultButtonsWorkByAListedName() {
    Http.Answer answer =
        RawHttp.send(
            listed.address(),
            List.of(
                "POST /v1/dev/cut HTTP/1.1",
                "Host: app.test",
                "X-Forwarded-Proto: https",
                "Origin: " + APP,
                "Content-Type: application/json"),
            "{\"connection\":\"c-none\"}");
    assertThat(answer.status()).as(answer.body()).isEqualTo(202);
  }

  private static void assertGranted(Http.Answer answer, String origin) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(204);
    assertThat(header(answer, "Access-Control-Allow-Origin")).isEqualTo(origin);
    assertThat(header(answer, "Access-Control-Allow-Methods")).isEqualTo("GET, HEAD, POST, DELETE");
    assertThat(header(answer, "Access-Control-Max-Age")).isEqualTo("7200");
    assertThat(header(answer, "Vary")).isEqualTo("Origin, Access-Control-Request-Headers");
  }

  private static Http.Answer preflight(
      ExtraGateway gateway, String path, String origin, String method, String headers) {
    return RawHttp.send(
        gateway.address(),
        List.of(
            "OPTIONS " + path + " HTTP/1.1",
            "Origin: " + origin,
            "Access-Control-Request-Method: " + method,
            "Access-Control-Request-Headers: " + headers),
        "");
  }

  private static String header(Http.Answer answer, String name) {
    return answer.headers().firstValue(name).orElse("");
  }
}
