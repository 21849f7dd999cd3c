package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.embedded.FreePort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.opentest4j.TestAbortedException;

/**
 * Starts every example as its reader does, and checks what it prints. What their pages show in a
 * browser is tested by {@code ExamplePagesIT} of the system tests.
 */
@ExtendWith(OnUp.class)
@ResourceLock(OnUp.PLATFORM)
final class ExamplesIT {
  private static final Path EXAMPLES = UpPlatform.REPOSITORY.resolve("examples");

  /** Else it asks for HTTP/2, which a Node server that takes upgrades refuses. */
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final UpPlatform platform;

  ExamplesIT(UpPlatform platform) {
    this.platform = platform;
  }

  @BeforeAll
  static void requireNode() throws Exception {
    try (Tool node =
        Tool.startIn(
            UpPlatform.REPOSITORY, "bash -c 'node --version && npm --version'", Map.of())) {
      node.awaitEnd();
      if (node.process().exitValue() != 0) {
        System.out.println("skipped: the examples need node and npm (Debian: nodejs, npm)");
        throw new TestAbortedException("node or npm is missing");
      }
    }
  }

  @Test
  void withoutANameAllAreListed() throws Exception {
    try (Stream<Path> files = Files.list(EXAMPLES);
        Tool list = run("")) {
      String listed = String.join("\n", list.awaitEnd(0));
      List<String> names =
          files
              .filter(folder -> Files.exists(folder.resolve("main.mjs")))
              .map(folder -> folder.getFileName().toString())
              .toList();
      assertThat(names).isNotEmpty().allSatisfy(name -> assertThat(listed).contains("  " + name));
    }
  }

  @Test
  void aMissingNpmAndAnUnknownNameAreSaid(@TempDir Path copy) throws Exception {
    Path bin = Files.createDirectory(copy.resolve("bin"));
    for (String program : List.of("bash", "dirname", "node", "cmp")) {
      Files.createSymbolicLink(bin.resolve(program), which(program));
    }
    Files.createDirectory(copy.resolve("sse"));
    for (String file : List.of("run", "package-lock.json", "sse/main.mjs")) {
      Files.copy(EXAMPLES.resolve(file), copy.resolve(file));
    }
    Map<String, String> bare = Map.of("PATH", bin.toString());
    try (Tool npm = Tool.startIn(copy, "bash ./run sse", bare)) {
      assertThat(npm.awaitEnd(1)).singleElement().asString().contains("npm is missing");
    }
    try (Tool name = Tool.startIn(copy, "bash ./run websockets", bare)) {
      assertThat(name.awaitEnd(1)).singleElement().asString().contains("no example 'websockets'");
    }
  }

  private static Path which(String program) {
    return Stream.of(System.getenv("PATH").split(":"))
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void bothPollsPrintWhatIsPublished() throws Exception {
    try (Tool shortPoll = run("short-polling demo:ex-poll");
        Tool longPoll = run("long-polling demo:ex-poll")) {
      String id = publish("demo:ex-poll", "{\"n\":1}");
      longPoll.awaitLine(id + " {\"n\":1}");
      shortPoll.awaitLine(id + " {\"n\":1}");
    }
  }

  @Test
  void sseReadsTheFormat() throws Exception {
    try (Tool reader = run("sse demo:ex-sse")) {
      reader.awaitLine("tw.live");
      publish("demo:ex-sse", "{\"n\":1}");
      reader.awaitLine("message {\"n\":1}");
    }
  }

  @Test
  void sseAuthGivesItsPageATicket() throws Exception {
    try (Tool backend = run("sse-auth")) {
      String page = page(backend);
      assertThat(get(page + "notify")).contains("\"duplicate\":false");
      String url = get(page + "stream?user=alice").replaceAll(".*\"url\":\"([^\"]*)\".*", "$1");
      assertThat(get(url + "&from=earliest")).contains("your parcel is on its way");
    }
  }

  @Test
  void aWebSocketClientPublishesWhatIsTyped() throws Exception {
    try (Tool client = run("websocket-client demo:ex-a demo:ex-b")) {
      client.awaitLine("live ");
      client.awaitLine("live ");
      client.type("hello\n");
      client.awaitLine("event demo:ex-a {\"text\":\"hello\"}");
    }
  }

  @Test
  void heartbeatsAreMeasured() throws Exception {
    try (Tool client = run("heartbeat")) {
      client.awaitLine("connected: the server pings every 15 s");
      client.awaitLine("round trip: ");
    }
  }

  @Test
  void broadcastIsShown() throws Exception {
    try (Tool broadcast = run("redis-broadcast")) {
      broadcast.awaitLine("Redis channel tw:");
      broadcast.awaitLine(platform.here("gateway 127.0.0.1:8081: {\"n\":"));
      broadcast.awaitLine(platform.here("gateway 127.0.0.1:8082: {\"n\":"));
    }
  }

  @Test
  void grpcCallsSucceed() throws Exception {
    try (Tool client = run("grpc")) {
      assertThat(String.join("\n", client.awaitEnd(0)))
          .containsPattern("unary: sent \\w+-\\d+")
          .containsPattern("server streaming: \\w+-\\d+ by other chat: three")
          .contains("client streaming: 3 stored, 0 refused")
          .containsPattern("bidirectional: verdict 3: STORED \\w+-\\d+")
          .contains("refused: invalid_request, text: ")
          .contains("error: NOT_FOUND not_found")
          .contains("done, 3 published");
    }
  }

  @Test
  void ordersOfTheBoardAreEvents() throws Exception {
    try (Tool board = run("order-board")) {
      assertThat(get(page(board))).contains(platform.here("127.0.0.1:8080"));
      board.awaitLine("order-1 paid");
      String orders = "http://127.0.0.1:8080/v1/events?channel=orders:*&types=paid&wait=25&from=";
      assertThat(get(platform.here(orders + "earliest")))
          .contains("\"channel\":\"orders:order-1\",\"type\":\"paid\"");
    }
  }

  @Test
  void pagesAreServed() throws Exception {
    for (String name : List.of("websocket", "ai-chat", "shared-board", "webrtc")) {
      try (Tool server = run(name)) {
        String page = page(server);
        assertThat(get(page)).contains(platform.here("127.0.0.1:8080"));
        if (name.equals("ai-chat")) {
          assertThat(get(page + "sdk.js")).contains(platform.here("127.0.0.1:8080"));
        }
      }
    }
  }

  @Test
  void theChatTutorialsPageReachesThePlatform() throws Exception {
    try (Tool server = run("socket-io")) {
      String page = page(server);
      assertThat(get(page)).contains("socket.emit('chat message', input.value, clientOffset)");
      assertThat(get(page + "socket.io/socket.io.js")).contains("Socket.IO v4");
      assertThat(get(page + "socket.io/?EIO=4&transport=polling")).startsWith("0{\"sid\":\"edge-");
    }
  }

  /** nginx passes hints on from 1.29 on, which Debian does not have yet: see nginx.conf there. */
  @Test
  void earlyHintsComeBeforeThePage() throws Exception {
    try (Tool server = run("early-hints")) {
      String page = page(server);
      try (Tool curl = Tool.startIn(UpPlatform.REPOSITORY, "curl -s -i " + page, Map.of())) {
        assertThat(String.join("\n", curl.awaitEnd(0)))
            .containsSubsequence("103 Early Hints", "rel=preload", "200 OK", "<h1>Hello</h1>");
      }
    }
  }

  private Tool run(String arguments) throws IOException {
    return platform.start(
        UpPlatform.REPOSITORY,
        "env PORT=%d BACKEND_PORT=%d examples/run %s"
            .formatted(FreePort.choose(), FreePort.choose(), arguments));
  }

  /** The address of a page that an example serves. */
  private static String page(Tool server) throws InterruptedException {
    return server.awaitLine("page: ").substring("page: ".length());
  }

  private String publish(String channel, String data) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(platform.here("http://127.0.0.1:8080/v1/events?channel=" + channel)))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(data))
            .build();
    return HTTP.send(request, BodyHandlers.ofString())
        .body()
        .replaceAll(".*\"id\":\"([^\"]*)\".*", "$1");
  }

  private static String get(String url) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url)).header("Accept", "application/json").build();
    return HTTP.send(request, BodyHandlers.ofString()).body();
  }
}
