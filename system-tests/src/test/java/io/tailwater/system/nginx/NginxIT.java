package io.tailwater.system.nginx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platforms;
import io.tailwater.system.platform.Relay;
import io.tailwater.system.platform.Tokens;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** nginx with the product's configuration, in front of real gateways. */
@OnPlatforms
@ResourceLock(Platforms.IN_PROCESS)
@Order(Integer.MAX_VALUE)
final class NginxIT {
  private static final String OFF = "limits-off.conf";
  private static final long AT_ONCE_MS = 50;

  @BeforeAll
  static void needsNginx() {
    NginxServer.require();
  }

  @Test
  void eventsAreSeenAsSoonAsTheyArePublished(InProcessPlatform platform) throws Exception {
    try (NginxServer nginx = new NginxServer(platform.gateways(), false, OFF)) {
      Channel channel = Channel.parse("demo:nginx at once");
      try (Reader reader =
          Transport.SSE.open(Wanted.of("at once", channel), List.of(nginx.address()))) {
        await("the reader is live")
            .atMost(Duration.ofSeconds(90))
            .until(() -> reader.seen().liveOn(channel) > 0);
        // Another program may take the processors for a while; a buffer would hold back every
        // event.
        await("events come at once")
            .atMost(Duration.ofSeconds(60))
            .until(() -> nineOfTenAtOnce(nginx, channel, reader));
      }
    }
  }

  private static boolean nineOfTenAtOnce(NginxServer nginx, Channel channel, Reader reader) {
    int quick = 0;
    for (int i = 0; i < 10; i++) {
      int before = reader.seen().events(channel).size();
      Http.publish(nginx.address(), channel, "{}");
      long published = System.nanoTime();
      await("the event")
          .atMost(Duration.ofSeconds(90))
          .until(() -> reader.seen().events(channel).size() > before);
      long tookMs = (reader.seen().events(channel).getLast().nanos() - published) / 1_000_000;
      quick += tookMs <= AT_ONCE_MS ? 1 : 0;
    }
    return quick >= 9;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/event-stream",
        "*/*",
        "''",
        "text/event-stream, application/json",
        "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8",
        "TEXT/Event-Stream;q=1",
      })
  void aStreamThatNoGatewayAnswersIsToldToComeBack(String accept) throws Exception {
    try (NginxServer nginx = new NginxServer(nobody(), false, OFF)) {
      Http.Answer answer =
          Http.send(subscription(nginx, accept).header("Last-Event-ID", "k3Zq--1"));
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.contentType()).startsWith("text/event-stream");
      assertThat(answer.headers().firstValue("cache-control")).hasValue("no-store, no-transform");
      assertThat(answer.body())
          .matches(
              "retry: (\\d+)\\nid: k3Zq--1\\nevent: tw\\.retry\\n"
                  + "data: \\{\"code\":\"unavailable\",\"retry_ms\":\\1\\}\\n\\n");
    }
  }

  @Test
  void anIdThatIsNoneIsNotHandedBack() throws Exception {
    try (NginxServer nginx = new NginxServer(nobody(), false, OFF)) {
      Http.Answer answer =
          Http.send(subscription(nginx, "text/event-stream").header("Last-Event-ID", "no id"));
      assertThat(answer.body()).startsWith("retry: ").doesNotContain("\nid:");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "application/json",
        "application/json, text/event-stream",
        "application/json;q=1,*/*",
        "application/*"
      })
  void aPollThatNoGatewayAnswersKeepsItsStatus(String accept) throws Exception {
    try (NginxServer nginx = new NginxServer(nobody(), false, OFF)) {
      assertUnavailable(Http.send(subscription(nginx, accept)));
    }
  }

  @Test
  void aPublicationThatNoGatewayAnswersKeepsItsStatus() throws Exception {
    try (NginxServer nginx = new NginxServer(nobody(), false, OFF)) {
      assertUnavailable(
          Http.send(
              Http.publication(nginx.address(), Channel.parse("demo:x"), "{}")
                  .header("Accept", "text/event-stream")));
    }
  }

  private static void assertUnavailable(Http.Answer answer) {
    assertThat(answer.status()).isEqualTo(502);
    assertThat(answer.contentType()).isEqualTo("application/problem+json");
    assertThat(answer.headers().firstValue("retry-after")).hasValue("1");
    JsonNode problem = answer.json();
    assertThat(problem.path("code").asText()).isEqualTo("unavailable");
    assertThat(problem.path("status").asInt()).isEqualTo(502);
    assertThat(problem.path("retry").asBoolean()).isTrue();
  }

  /** A client of OpenAI's protocol must not take it for complete. */
  @Test
  void anAnswerWhoseGatewayDiesIsCutOff(InProcessPlatform platform) throws Exception {
    try (ExtraGateway gateway = platform.gateway(platform.withAiStreams(Map.of())).ready();
        Relay relay = new Relay(gateway.address());
        NginxServer nginx = new NginxServer(List.of(relay.address()), false, OFF)) {
      String body =
          "{\"model\":\"mock\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
      HttpResponse<InputStream> answer =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(nginx.address().resolve("/v1/chat/completions"))
                      .header(
                          "Authorization",
                          "Bearer " + Tokens.token("alice", List.of(), List.of("ai:*")))
                      .header("Content-Type", "application/json")
                      .POST(HttpRequest.BodyPublishers.ofString(body))
                      .build(),
                  HttpResponse.BodyHandlers.ofInputStream());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body().readNBytes(1)).hasSize(1);
      relay.drop(Cut.CLOSE);
      assertThatThrownBy(() -> answer.body().readAllBytes()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void theConsoleIsPassedOnWithItsOwnPolicy(InProcessPlatform platform) throws Exception {
    try (NginxServer nginx = new NginxServer(platform.gateways(), false, OFF)) {
      for (String path : List.of("/console", "/console/app.js")) {
        Http.Answer file = Http.send(HttpRequest.newBuilder(nginx.address().resolve(path)));
        assertThat(file.status()).as(path).isEqualTo(200);
        assertThat(file.headers().allValues("content-security-policy"))
            .as(path)
            .anySatisfy(policy -> assertThat(policy).contains("script-src 'self'"));
        assertThat(file.headers().allValues("x-content-type-options"))
            .as(path)
            .containsExactly("nosniff");
      }
    }
  }

  @Test
  void whatAGatewayRefusesKeepsItsStatus(InProcessPlatform platform) throws Exception {
    try (NginxServer nginx = new NginxServer(platform.gateways(), false, OFF)) {
      Http.Answer answer =
          Http.send(
              HttpRequest.newBuilder(nginx.address().resolve("/v1/events?channel=nowhere:x"))
                  .header("Accept", "text/event-stream"));
      assertThat(answer.status()).isEqualTo(404);
      assertThat(answer.json().path("code").asText()).isEqualTo("not_found");
    }
  }

  @Test
  void aGatewayThatIsGoneIsPassedOver(InProcessPlatform platform) throws Exception {
    List<URI> gateways = new ArrayList<>(platform.gateways());
    gateways.addAll(nobody());
    Channel channel = Channel.parse("demo:nginx passes over");
    try (NginxServer nginx = new NginxServer(gateways, false, OFF)) {
      for (int i = 0; i < 20; i++) {
        Http.publish(nginx.address(), channel, "{}");
      }
    }
  }

  @Test
  void aPublicationIsNeverSentTwice() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    try (ServerSocket first = dropsEveryRequest(requests);
        ServerSocket second = dropsEveryRequest(requests);
        NginxServer nginx =
            new NginxServer(
                Stream.of(first, second)
                    .map(socket -> URI.create("http://127.0.0.1:" + socket.getLocalPort()))
                    .toList(),
                false,
                OFF)) {
      assertUnavailable(
          Http.send(Http.publication(nginx.address(), Channel.parse("demo:once"), "{}")));
      assertThat(requests).hasValue(1);
      // A GET may be repeated, and is.
      Http.send(subscription(nginx, "application/json"));
      assertThat(requests).hasValueGreaterThan(2);
    }
  }

  /** Takes a request and closes, so that nobody knows what became of it. */
  private static ServerSocket dropsEveryRequest(AtomicInteger requests) throws IOException {
    ServerSocket server = new ServerSocket(0);
    Thread.ofVirtual()
        .start(
            () -> {
              while (!server.isClosed()) {
                try (Socket client = server.accept()) {
                  if (client.getInputStream().read() >= 0) {
                    requests.incrementAndGet();
                  }
                } catch (IOException e) {
                  // Closed, or the client was quicker.
                }
              }
            });
    return server;
  }

  @Test
  void tokensInUrlsReachNoLog(InProcessPlatform platform) throws Exception {
    String secret = Tokens.token("alice", List.of("demo:*"), List.of());
    try (NginxServer good = new NginxServer(platform.gateways(), false, OFF);
        NginxServer bad = new NginxServer(nobody(), false, OFF)) {
      for (NginxServer nginx : List.of(good, bad)) {
        Http.send(
            HttpRequest.newBuilder(
                    nginx.address().resolve("/v1/events?channel=nowhere:x&access_token=" + secret))
                .header("Referer", "https://example.com/?access_token=" + secret));
        await("the request is in the log")
            .atMost(Duration.ofSeconds(30))
            .until(() -> nginx.log().contains("/v1/events"));
        assertThat(nginx.log()).doesNotContain(secret);
        JsonNode line =
            Json.read(
                nginx.log().lines().filter(one -> one.startsWith("{")).findFirst().orElse(""));
        assertThat(line.path("path").asText()).isEqualTo("/v1/events");
        assertThat(line.path("request_id").asText()).hasSize(32);
      }
    }
  }

  @Test
  void whoHasTooManyConnectionsIsToldToComeBackLater(InProcessPlatform platform) throws Exception {
    try (NginxServer nginx = new NginxServer(platform.gateways(), false, "limits.conf")) {
      Wanted wanted = Wanted.of("many", Channel.parse("demo:nginx many"));
      List<StreamPeek> streams = new ArrayList<>();
      try {
        IntStream.range(0, 500)
            .forEach(
                i -> {
                  StreamPeek stream = StreamPeek.open(nginx.address(), wanted);
                  streams.add(stream);
                  assertThat(stream.status()).isEqualTo(200);
                });
        try (StreamPeek oneTooMany = StreamPeek.open(nginx.address(), wanted)) {
          assertThat(oneTooMany.status()).isEqualTo(200);
          Block only = oneTooMany.untilEnd().getLast();
          assertThat(only.type()).isEqualTo("tw.retry");
          assertThat(only.data()).contains("\"code\":\"rate_limited\"");
        }
        Http.Answer poll = Http.send(subscription(nginx, "application/json"));
        assertThat(poll.status()).isEqualTo(429);
        assertThat(poll.json().path("code").asText()).isEqualTo("rate_limited");
      } finally {
        streams.forEach(StreamPeek::close);
      }
    }
  }

  @Test
  void tlsCarriesManyStreamsOnOneHttp2Connection(InProcessPlatform platform) throws Exception {
    Channel channel = Channel.parse("demo:nginx tls");
    try (NginxServer nginx = new NginxServer(platform.gateways(), true, OFF);
        HttpClient client =
            HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_2)
                .sslContext(trustsAnyone())
                .build()) {
      URI events =
          nginx
              .address()
              .resolve("/v1/events?from=earliest&channel=" + Wanted.encoded(channel.toString()));
      HttpResponse<String> published =
          client.send(
              HttpRequest.newBuilder(
                      events.resolve("/v1/events?channel=" + Wanted.encoded(channel.toString())))
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString("{\"n\":1}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(published.statusCode()).as(published.body()).isEqualTo(201);
      assertThat(published.version()).isEqualTo(HttpClient.Version.HTTP_2);
      // More than a browser's six connections of HTTP/1.1.
      List<HttpResponse<Stream<String>>> streams = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        streams.add(
            client.send(
                HttpRequest.newBuilder(events).header("Accept", "text/event-stream").build(),
                HttpResponse.BodyHandlers.ofLines()));
      }
      for (HttpResponse<Stream<String>> stream : streams) {
        assertThat(stream.version()).isEqualTo(HttpClient.Version.HTTP_2);
        try (Stream<String> lines = stream.body()) {
          assertThat(lines.anyMatch(line -> line.equals("data: {\"n\":1}"))).isTrue();
        }
      }
      Http.Answer plain =
          Http.send(
              HttpRequest.newBuilder(
                  URI.create(
                      "http://127.0.0.1:"
                          + nginx.address().getPort()
                          + "/v1/channel?channel=demo:x")));
      assertThat(plain.status()).isEqualTo(308);
      assertThat(plain.headers().firstValue("location"))
          .hasValue(nginx.address() + "/v1/channel?channel=demo:x");
    }
  }

  private static SSLContext trustsAnyone() throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    // The certificate is for localhost, and self-signed: here it is enough that there is one.
    context.init(null, new TrustManager[] {new Anyone()}, new SecureRandom());
    return context;
  }

  private static final class Anyone extends javax.net.ssl.X509ExtendedTrustManager
      implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(
        X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

    @Override
    public void checkServerTrusted(
        X509Certificate[] chain, String type, javax.net.ssl.SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @Test
  void aWebSocketIsUpgradedAndCarriesBothWays(InProcessPlatform platform) throws Exception {
    Channel channel = Channel.parse("demo:nginx websocket");
    try (NginxServer nginx = new NginxServer(platform.gateways(), false, OFF);
        WsPeer peer =
            WsPeer.connect(nginx.address(), "Sec-WebSocket-Protocol: tailwater.v1.json")) {
      assertThat(peer.status()).isEqualTo(101);
      assertThat(peer.header("sec-websocket-protocol")).isEqualTo("tailwater.v1.json");
      assertThat(peer.await("welcome").has("welcome")).isTrue();
      peer.text("{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\"}}");
      peer.await("live");
      peer.text("{\"id\":2,\"publish\":{\"channel\":\"" + channel + "\",\"data\":{\"n\":1}}}");
      assertThat(peer.await("events").path("events").path(0).path("data").path("n").asInt())
          .isEqualTo(1);
    }
  }

  @Test
  void aLongPollLastsUntilItsEventComes(InProcessPlatform platform) throws Exception {
    Channel channel = Channel.parse("demo:nginx poll");
    try (NginxServer nginx = new NginxServer(platform.gateways(), false, OFF);
        HttpClient client = HttpClient.newHttpClient()) {
      URI poll =
          nginx
              .address()
              .resolve("/v1/events?wait=55&channel=" + Wanted.encoded(channel.toString()));
      CompletableFuture<HttpResponse<String>> answer =
          client.sendAsync(
              HttpRequest.newBuilder(poll).header("Accept", "application/json").build(),
              HttpResponse.BodyHandlers.ofString());
      await("the poll waits at a gateway")
          .atMost(Duration.ofSeconds(90))
          .until(
              () ->
                  platform.gateways().stream()
                      .anyMatch(gateway -> platform.readers(gateway, channel) > 0));
      assertThat(answer).isNotDone();
      Http.publish(nginx.address(), channel, "{\"n\":1}");
      HttpResponse<String> got = answer.get(50, TimeUnit.SECONDS);
      assertThat(got.statusCode()).isEqualTo(200);
      assertThat(Json.read(got.body()).path("events").path(0).path("data").path("n").asInt())
          .isEqualTo(1);
    }
  }

  @Test
  void whatIsNotListedIsNotPassedOn(InProcessPlatform platform) throws Exception {
    try (NginxServer nginx = new NginxServer(platform.gateways(), false, OFF)) {
      for (String target :
          List.of(
              "/prometheus",
              "/prometheus/",
              "/prometheus?a=b",
              "//prometheus",
              "/./prometheus",
              "/Prometheus",
              "/%70rometheus",
              "/%2fprometheus",
              "/%2Fprometheus%2F",
              "/prometheus%2f",
              "/prometheus;a=b",
              "/prometheus.json",
              "/v1/../prometheus",
              "/v1/..//prometheus",
              "/v1/%2e%2e/prometheus",
              "/v1/%2E%2e%2fprometheus",
              "/v1/events/../../prometheus/",
              "/health",
              "/health/",
              "/health/readiness",
              "/v1/../health/liveness",
              "/%68ealth",
              "/beans",
              "/env",
              "/metrics",
              "/loggers",
              "/nginx",
              "/nginx/404",
              "/favicon.ico",
              "/v1",
              "/v2/events")) {
        String answer =
            raw(nginx, "GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertThat(answer)
            .as(target)
            .startsWith("HTTP/1.1 404 ")
            .contains("application/problem+json", "\"code\":\"not_found\"", "at this address");
      }
    }
  }

  @Test
  void whatLooksListedEndsAtAGatewayThatDoesNotKnowIt(InProcessPlatform platform) throws Exception {
    try (NginxServer nginx = new NginxServer(platform.gateways(), false, OFF)) {
      for (String target :
          List.of(
              "/v1/%252e%252e/prometheus",
              "/v1/..%5cprometheus", "/v1/..;/prometheus", "/v1/prometheus", "/v1/health")) {
        String answer =
            raw(nginx, "GET " + target + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        assertThat(answer)
            .as(target)
            .containsPattern("^HTTP/1.1 40[04] ")
            .doesNotContain("jvm_", "tailwater_edge");
      }
    }
  }

  private record Refusal(String request, int status, String code) {}

  private static List<Refusal> refusals() {
    String end = "Host: a\r\nConnection: close\r\n\r\n";
    String get = "GET /v1/channel HTTP/1.1\r\n";
    String much = "a".repeat(20_000);
    return List.of(
        new Refusal(get + "Connection: close\r\n\r\n", 400, "invalid_request"),
        new Refusal(get + "Transfer-Encoding: x\r\n" + end, 405, "invalid_request"),
        new Refusal("GET /nothing HTTP/1.1\r\n" + end, 404, "not_found"),
        new Refusal("TRACE /v1/channel HTTP/1.1\r\n" + end, 405, "invalid_request"),
        new Refusal("GET /v1/a?" + much + " HTTP/1.1\r\n" + end, 414, "too_large"),
        new Refusal(get + "a: " + much + "\r\n" + end, 431, "too_large"),
        new Refusal(
            "POST /v1/events HTTP/1.1\r\nContent-Length: 9000000\r\n" + end, 413, "too_large"));
  }

  @Test
  void whatNginxRefusesItselfIsAProblemInTheContractsWords() throws Exception {
    try (NginxServer nginx = new NginxServer(nobody(), false, OFF)) {
      for (Refusal refusal : refusals()) {
        String answer = raw(nginx, refusal.request());
        assertThat(answer)
            .startsWith("HTTP/1.1 " + refusal.status() + " ")
            .contains("\r\nContent-Type: application/problem+json\r\n")
            .contains("\"code\":\"" + refusal.code() + "\"")
            .contains("\"status\":" + refusal.status() + ",")
            .contains("\r\nX-Content-Type-Options: nosniff\r\n")
            .contains("\r\nContent-Security-Policy: frame-ancestors 'self'\r\n")
            .doesNotContain("Strict-Transport-Security");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void everyAnswerHasTheHeadersForBrowsersOnce(boolean tls, InProcessPlatform platform)
      throws Exception {
    try (NginxServer nginx = new NginxServer(platform.gateways(), tls, OFF);
        NginxServer alone = new NginxServer(nobody(), tls, OFF);
        HttpClient client = HttpClient.newBuilder().sslContext(trustsAnyone()).build()) {
      List<URI> answers =
          List.of(
              nginx.address().resolve("/v1/channel?channel=demo:headers"),
              nginx.address().resolve("/nothing"),
              nginx.address().resolve("/docs"),
              nginx.address().resolve("/docs/guide/tokens"),
              alone.address().resolve("/v1/channel?channel=demo:headers"),
              alone.address().resolve("/v1/events?channel=demo:headers"));
      for (URI address : answers) {
        HttpResponse<String> answer =
            client.send(
                HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
        assertThat(answer.headers().allValues("x-content-type-options"))
            .as(address.toString())
            .containsExactly("nosniff");
        assertThat(answer.headers().allValues("content-security-policy"))
            .containsExactly("frame-ancestors 'self'");
        assertThat(answer.headers().allValues("strict-transport-security"))
            .hasSize(tls ? 1 : 0)
            .allSatisfy(value -> assertThat(value).startsWith("max-age="));
      }
    }
  }

  /** Sends a request as it is, and returns all of the answer. */
  private static String raw(NginxServer nginx, String request) throws IOException {
    try (Socket socket = new Socket(nginx.address().getHost(), nginx.address().getPort())) {
      socket.setSoTimeout(60_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    }
  }

  private static HttpRequest.Builder subscription(NginxServer nginx, String accept) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(nginx.address().resolve("/v1/events?channel=demo:nginx"));
    return accept.isEmpty() ? request : request.header("Accept", accept);
  }

  private static List<URI> nobody() {
    return List.of(URI.create("http://127.0.0.1:" + FreePort.choose()));
  }
}
