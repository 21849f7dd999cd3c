package io.tailwater.system.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.tailwater.contract.Channel;
import io.tailwater.system.Json;
import io.tailwater.system.Repository;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Relay;
import io.tailwater.system.presence.Onlooker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pages in browsers that nothing drives: they do what the test's server tells them, and tell it
 * what they have. A browser with a debugger keeps no page for the way back, and Debian's Firefox
 * cannot be driven by Playwright.
 */
@Tag("browser")
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class ClientPagesIT {
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final Path PAGES = Repository.path("system-tests/src/test/js/pages");
  private static final Map<String, List<String>> BROWSERS =
      Map.of(
          "chromium",
          List.of(
              "chromium",
              "--headless=new",
              "--no-sandbox",
              "--disable-gpu",
              "--disable-dev-shm-usage",
              "--no-first-run",
              "--disable-background-networking",
              "--disable-component-update",
              "--disable-sync",
              "--user-data-dir="),
          "firefox",
          List.of("firefox-esr", "--headless", "--no-remote", "--profile", ""));

  private final InProcessPlatform platform;
  private final List<JsonNode> reports = new CopyOnWriteArrayList<>();
  private final AtomicReference<String> deed = new AtomicReference<>("");
  private final List<Integer> published = new ArrayList<>();
  private final List<Process> processes = new ArrayList<>();
  @TempDir private Path profiles;
  private volatile int version = 1;
  private HttpServer server;
  private ExtraGateway gateway;
  private Relay relay;

  ClientPagesIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @BeforeEach
  void start() throws IOException {
    gateway = platform.gateway(Map.of("tailwater.edge.origins", "*")).ready();
    relay = new Relay(gateway.address());
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 50);
    server.createContext("/", exchange -> page(exchange, "page.html", "text/html"));
    server.createContext("/socketio", exchange -> page(exchange, "socketio.html", "text/html"));
    server.createContext("/away", exchange -> page(exchange, "away.html", "text/html"));
    for (String worker : List.of("worker.js", "aside.js")) {
      server.createContext("/" + worker, exchange -> page(exchange, worker, "text/javascript"));
    }
    server.createContext("/next", exchange -> answer(exchange, "text/plain", deed.getAndSet("")));
    server.createContext(
        "/report",
        exchange -> {
          reports.add(
              Json.read(
                  new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
          answer(exchange, "text/plain", "");
        });
    server.start();
  }

  @AfterEach
  void stop() throws Exception {
    for (Process process : processes) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
    server.stop(0);
    relay.close();
    gateway.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"websocket", "sse", "long-poll"})
  void aPageThatWasKeptForTheWayBackGoesOn(String transport) throws Exception {
    Channel channel = new Channel(Namespaces.DEMO, "pages kept " + transport);
    open("chromium", channel, transport, "");
    awaitReport("live", 1);
    String name = reports.getFirst().path("name").asText();
    publish(channel);
    awaitAll();
    deed.set("leave");
    awaitReport("away", 1);
    publish(channel);
    deed.set("back");
    awaitAll();
    publish(channel);
    awaitAll();
    assertThat(of("got")).extracting(report -> report.path("name").asText()).containsOnly(name);
    assertThat(of("shown"))
        .extracting(report -> report.path("persisted").asBoolean())
        .containsExactly(false, true);
    assertThat(of("live")).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource({"websocket, ''", "websocket, &unkept=1", "sse, &unkept=1", "long-poll, &unkept=1"})
  void aPageThatIsLeftIsNotPresentAnyMoreAndIsSoWhenItIsBack(String transport, String more)
      throws Exception {
    Channel channel = new Channel(Namespaces.BOARD, "pages " + transport + more.length());
    String token = Onlooker.token("lena");
    open("chromium", channel, transport, more + "&present=1&token=" + token);
    awaitReport("live", 1);
    awaitPresent(channel, 1);
    long left = System.nanoTime();
    deed.set("leave");
    awaitPresent(channel, 0);
    double seconds = (System.nanoTime() - left) / 1e9;
    System.out.printf("presence: a page that was left was gone after %.1f s%n", seconds);
    assertThat(seconds).as("less than the grace, and than a poll is good for").isLessThan(9);
    deed.set("back");
    awaitPresent(channel, 1);
    assertThat(of("error")).isEmpty();
  }

  private void awaitPresent(Channel channel, int count) {
    await()
        .atMost(LIMIT)
        .until(
            () ->
                Http.send(
                            HttpRequest.newBuilder(
                                    gateway
                                        .address()
                                        .resolve(
                                            "/v1/presence?channel=" + encoded(channel.toString())))
                                .header("Authorization", "Bearer " + Onlooker.token("reader")))
                        .json()
                        .path("count")
                        .asInt()
                    == count);
  }

  /** Those that answer for the platform are replaced only when they have answered everything. */
  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"sse", "long-poll"})
  void aServiceWorkerThatWaitsForTheOneBeforeLosesAndRepeatsNothing(String transport)
      throws Exception {
    Channel channel = new Channel(Namespaces.DEMO, "pages waiting worker " + transport);
    open("chromium", channel, transport, "&worker=worker.js");
    awaitReport("live", 1);
    for (int update = 1; update <= 3; update++) {
      publish(channel);
      version++;
      deed.set("update");
      publish(channel);
      awaitReport("updated", update);
      publish(channel);
      int before = of("live").size();
      relay.drop(Cut.RESET);
      publish(channel);
      awaitAll();
      assertThat(of("live")).hasSizeGreaterThanOrEqualTo(before);
    }
  }

  @Tag("long")
  @ParameterizedTest
  @CsvSource({"websocket, worker.js", "sse, aside.js", "long-poll, aside.js"})
  void aServiceWorkerThatIsReplacedLosesAndRepeatsNothing(String transport, String worker)
      throws Exception {
    Channel channel = new Channel(Namespaces.DEMO, "pages worker " + transport);
    open("chromium", channel, transport, "&worker=" + worker);
    awaitReport("live", 1);
    for (int update = 1; update <= 3; update++) {
      publish(channel);
      version++;
      deed.set("update");
      publish(channel);
      awaitReport("controlled", update);
      publish(channel);
    }
    awaitAll();
  }

  @ParameterizedTest
  @CsvSource({
    "chromium, websocket",
    "chromium, sse",
    "firefox, websocket",
    "firefox, sse",
    "firefox, long-poll"
  })
  void aPageThatIsCutHasEveryEventOnce(String browser, String transport) throws Exception {
    assumeThat(isThere(browser)).as(browser + " is installed").isTrue();
    Channel channel = new Channel(Namespaces.DEMO, "pages " + browser + " " + transport);
    open(browser, channel, transport, "");
    cut(channel, 5);
  }

  /** With Socket.IO's own client, unmodified, which recovers every time. */
  @ParameterizedTest
  @ValueSource(strings = {"websocket", "polling+websocket"})
  void aPageOfSocketIoThatIsCutHasEveryEventOnce(String transports) throws Exception {
    Channel channel = new Channel(Namespaces.DEMO, "pages socketio " + transports);
    open("chromium", channel, encoded(transports), "", "socketio");
    cut(channel, Scale.of(5, 100));
  }

  private void cut(Channel channel, int times) {
    awaitReport("live", 1);
    for (int cuts = 1; cuts <= times; cuts++) {
      publish(channel);
      int before = of("live").size();
      await()
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(500))
          .until(
              () -> {
                if (of("live").size() == before) {
                  // Between two polls there is nothing to cut.
                  relay.drop(Cut.RESET);
                }
                return of("live").size() > before;
              });
      publish(channel);
    }
    awaitAll();
  }

  private static boolean isThere(String browser) {
    String program = Objects.requireNonNull(BROWSERS.get(browser)).getFirst();
    return List.of(System.getenv("PATH").split(":")).stream()
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  private void open(String browser, Channel channel, String transport, String more)
      throws IOException {
    open(browser, channel, transport, more, "");
  }

  private void open(String browser, Channel channel, String transport, String more, String page)
      throws IOException {
    Path profile = Files.createDirectory(profiles.resolve("profile"));
    List<String> command = new ArrayList<>(Objects.requireNonNull(BROWSERS.get(browser)));
    command.add(command.removeLast() + profile);
    command.add(
        "http://127.0.0.1:%d/%s?gateway=%s&channel=%s&transport=%s%s"
            .formatted(
                server.getAddress().getPort(),
                page,
                encoded(relay.address().toString()),
                encoded(channel.toString()),
                transport,
                more));
    ProcessBuilder program = new ProcessBuilder(command);
    program.environment().put("HOME", profiles.toString());
    processes.add(
        program.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start());
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  private void page(HttpExchange exchange, String name, String type) throws IOException {
    String content = Files.readString(PAGES.resolve(name));
    answer(exchange, type, content.replace("VERSION", String.valueOf(version)));
  }

  private static void answer(HttpExchange exchange, String type, String content)
      throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(200, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private List<JsonNode> of(String what) {
    return reports.stream().filter(report -> report.path("what").asText().equals(what)).toList();
  }

  private void awaitReport(String what, int count) {
    await()
        .atMost(LIMIT)
        .until(
            () -> {
              assertThat(of("error")).isEmpty();
              return of(what).size() >= count;
            });
  }

  /** Five events, which the page reports when it has them. */
  private void publish(Channel channel) {
    for (int i = 0; i < 5; i++) {
      Http.publish(gateway.address(), channel, String.valueOf(published.size()));
      published.add(published.size());
    }
  }

  private void awaitAll() {
    await().atMost(LIMIT).until(() -> newest().size() >= published.size());
    assertThat(newest()).isEqualTo(published);
    assertThat(of("error")).isEmpty();
  }

  /** Everything that the page has got. */
  private List<Integer> newest() {
    return of("got").stream()
        .map(
            report ->
                StreamSupport.stream(report.path("got").spliterator(), false)
                    .map(JsonNode::asInt)
                    .toList())
        .max((one, other) -> Integer.compare(one.size(), other.size()))
        .orElse(List.of());
  }
}
