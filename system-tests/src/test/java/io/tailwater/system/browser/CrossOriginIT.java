package io.tailwater.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.Cookie;
import com.sun.net.httpserver.HttpServer;
import io.tailwater.system.Json;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A page of another origin in a real Chromium, which applies CORS, does all that the API offers.
 */
@Tag("browser")
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class CrossOriginIT {
  private static final String TOKEN =
      Tokens.signed(
          "{\"alg\":\"HS256\"}",
          Map.of(
              "sub",
              "alice",
              "exp",
              java.time.Instant.now().plusSeconds(3_600).getEpochSecond(),
              "tw",
              Map.of(
                  "subscribe",
                  List.of("chat:*", "ai:*"),
                  "publish",
                  List.of("chat:*", "ai:*"),
                  "call",
                  List.of("admin.*"))),
          Tokens.KEY);

  /** What every script below may use. */
  private static final String BEGIN =
      """
      async ([gateway, token, credentials]) => {
        const call = async (method, path, options = {}) => {
          const { body, headers = {}, ...rest } = options;
          const own = credentials === 'include' ? {} : { Authorization: `Bearer ${token}` };
          const answer = await fetch(gateway + path, {
            method, credentials, body, headers: { ...own, ...headers }, ...rest });
          const text = await answer.text();
          let json = null;
          try { json = JSON.parse(text); } catch (e) { }
          return { status: answer.status, headers: Object.fromEntries(answer.headers), text, json };
        };
        const json = { 'Content-Type': 'application/json' };
      """;

  private static Chromium chromium;
  private static HttpServer pages;
  private static ExtraGateway listed;
  private static ExtraGateway any;
  private static ExtraGateway strict;
  private static String origin;

  @BeforeAll
  static void start(InProcessPlatform platform) throws IOException {
    chromium = Chromium.open();
    pages = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    pages.createContext(
        "/",
        exchange -> {
          byte[] page = "<!doctype html><title>app</title>".getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "text/html");
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
          exchange.close();
        });
    pages.start();
    origin = "http://127.0.0.1:" + pages.getAddress().getPort();
    listed = gateway(platform, "listed", origin.replace("http:", "HTTP:"));
    any = gateway(platform, "any", "*");
    strict = gateway(platform, "strict", "https://app.test");
  }

  private static ExtraGateway gateway(InProcessPlatform platform, String name, String origins) {
    return platform
        .gateway(
            Map.of(
                "tailwater.instance",
                "edge-gateway-" + name,
                "redis.uri",
                platform.redis().uri(),
                "tailwater.edge.ai-streams",
                platform.aiStreamAddress(),
                "tailwater.edge.origins",
                origins))
        .ready();
  }

  @AfterAll
  static void stop() {
    if (chromium != null) {
      chromium.close();
    }
    if (pages != null) {
      pages.stop(0);
    }
    for (ExtraGateway gateway : new ExtraGateway[] {listed, any, strict}) {
      if (gateway != null) {
        gateway.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"omit", "include"})
  void aListedPageUsesEveryVerbWithATokenOrWithACookie(String credentials) {
    assertEveryVerb(run(listed, credentials, EVERY_VERB));
  }

  @Test
  void aPageOfAnyOriginUsesEveryVerbWithAToken() {
    assertEveryVerb(run(any, "omit", EVERY_VERB));
  }

  private static final String EVERY_VERB =
      """
        const key = 'cross-' + Math.random();
        const path = '/v1/events?channel=' + encodeURIComponent('chat:' + key);
        const result = {};
        result.published = await call('POST', path, {
          body: '{"text":"hi"}',
          headers: { ...json, 'Idempotency-Key': key, 'Event-Type': 'note',
            traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
            'X-Requested-With': 'fetch', 'Cache-Control': 'no-cache' } });
        result.polled = await call('GET', path + '&from=earliest', {
          headers: { Accept: 'application/json' } });
        result.head = await call('HEAD', '/v1/channel?channel=' + encodeURIComponent('chat:' + key));
        result.ticket = await call('POST', '/v1/tickets', {
          body: JSON.stringify({ channels: ['chat:' + key] }), headers: json });
        result.streamed = await new Promise((resolve, reject) => {
          const source = new EventSource(gateway + result.ticket.json.url + '&from=earliest');
          source.addEventListener('note', (event) => { source.close(); resolve(event.data); });
          source.onerror = () => { source.close(); reject(new Error('no stream')); };
        });
        result.answer = await call('POST', '/v1/ai/streams', {
          body: '{"prompt":"What is a log?","max_tokens":20}',
          headers: { ...json, Accept: 'text/event-stream', 'Idempotency-Key': crypto.randomUUID() } });
        result.created = await call('POST', '/v1/ai/streams', {
          body: '{"prompt":"What is a log?","max_tokens":20}', headers: json });
        const id = result.created.json.id;
        result.state = await call('GET', '/v1/ai/streams/' + id);
        result.cancelled = await call('DELETE', '/v1/ai/streams/' + id);
        result.ended = await call('DELETE', '/v1/admin/connections?subject=nobody-' + key);
        result.errors = [
          await call('GET', '/v1/events?channel=nope', { headers: { Accept: 'application/json' } }),
          await call('POST', path, { body: '{', headers: json }),
          await call('GET', '/v1/events?channel=demo:%FF', { headers: { Accept: 'application/json' } }),
          await call('GET', '/v1/events?channel=%zz', { headers: { Accept: 'application/json' } }),
          await call('GET', '/v1/events?channel=chat:' + 'a'.repeat(9000)),
          await call('DELETE', '/v1/nothing'),
        ];
        return JSON.stringify(result);
      }
      """;

  private static void assertEveryVerb(JsonNode result) {
    String all = result.toString();
    assertThat(status(result, "published")).as(all).isEqualTo(201);
    assertThat(result.at("/polled/json/events/0/data/text").asText()).as(all).isEqualTo("hi");
    assertThat(result.at("/polled/json/events/0/by").asText()).as(all).isEqualTo("alice");
    assertThat(status(result, "head")).as(all).isEqualTo(200);
    assertThat(status(result, "ticket")).as(all).isEqualTo(200);
    assertThat(result.path("streamed").asText()).as(all).isEqualTo("{\"text\":\"hi\"}");
    assertThat(status(result, "answer")).as(all).isEqualTo(200);
    assertThat(result.at("/answer/text").asText()).as(all).contains("event: tw.end");
    assertThat(result.at("/answer/headers/content-location").asText()).as(all).contains("ticket=");
    assertThat(status(result, "created")).as(all).isEqualTo(201);
    assertThat(result.at("/created/headers/location").asText()).as(all).contains("/v1/ai/streams/");
    assertThat(status(result, "state")).as(all).isEqualTo(200);
    assertThat(status(result, "cancelled")).as(all).isEqualTo(200);
    assertThat(status(result, "ended")).as(all).isEqualTo(200);
    assertThat(result.path("errors")).hasSize(6);
    for (JsonNode error : result.path("errors")) {
      assertThat(error.path("status").asInt()).as(error.toString()).isBetween(400, 499);
      assertThat(error.at("/json/message").asText()).as(error.toString()).isNotEmpty();
    }
  }

  @Test
  void aStarGivesNoCredentialsAway() {
    JsonNode result =
        run(
            any,
            "include",
            """
              const failed = await call('GET', '/v1/channel?channel=chat:x').then(() => '', (e) => e.name);
              return JSON.stringify({ failed });
            }
            """);
    assertThat(result.path("failed").asText()).isEqualTo("TypeError");
  }

  @Test
  void aPageOfAnOriginThatIsNotListedReadsAndSendsNothing() {
    JsonNode result =
        run(
            strict,
            "omit",
            """
              const name = (promise) => promise.then(() => '', (e) => e.name);
              const failed = [
                await name(call('GET', '/v1/channel?channel=demo:x')),
                await name(call('POST', '/v1/events?channel=chat:x', { body: '1', headers: json })),
                await name(call('DELETE', '/v1/ai/streams/x')),
              ];
              return JSON.stringify({ failed });
            }
            """);
    assertThat(result.path("failed").toString())
        .isEqualTo("[\"TypeError\",\"TypeError\",\"TypeError\"]");
  }

  private static JsonNode run(ExtraGateway gateway, String credentials, String script) {
    Page page = chromium.page();
    try {
      if (credentials.equals("include")) {
        page.context()
            .addCookies(List.of(new Cookie("tw_token", TOKEN).setDomain("127.0.0.1").setPath("/")));
      }
      page.setDefaultTimeout(90_000);
      page.navigate(origin);
      String address = "http://127.0.0.1:" + gateway.address().getPort();
      return Json.tree(
          (String) page.evaluate(BEGIN + script, List.of(address, TOKEN, credentials)));
    } finally {
      page.context().close();
    }
  }

  private static int status(JsonNode result, String name) {
    return result.path(name).path("status").asInt();
  }
}
