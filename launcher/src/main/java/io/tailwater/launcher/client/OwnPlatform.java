package io.tailwater.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.launcher.data.DataDirectory;
import io.tailwater.launcher.data.DevelopmentKey;
import io.tailwater.launcher.data.RunningPlatform;
import io.tailwater.launcher.terminal.Json;
import io.tailwater.service.Ticker;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** The platform on this machine that a command for its operator is about. */
final class OwnPlatform {
  private static final Duration RETRY_FOR = Duration.ofSeconds(10);
  private static final Duration TOKEN_LIFE = Duration.ofMinutes(5);

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "The data directory of the platform. Default: $TAILWATER_DATA, else ./data beside the"
              + " command.")
  Path data = DataDirectory.usual();

  /** The platform, which runs. */
  RunningPlatform find() {
    return RunningPlatform.find(data);
  }

  /** Asks the platform, as an operator. */
  JsonNode get(String path) throws InterruptedException {
    Server server = server();
    return Json.read(server.send(server.request(path).GET(), 200, RETRY_FOR));
  }

  /**
   * All connections, page by page, as an operator.
   *
   * @param filter parameters, each with the sign before it; may be empty
   */
  List<JsonNode> connections(String filter) throws InterruptedException {
    List<JsonNode> pages = new ArrayList<>();
    String after = "";
    do {
      JsonNode page = get("/v1/admin/connections?limit=1000" + filter + after);
      pages.add(page);
      after = page.hasNonNull("next") ? Server.parameter("after", page.path("next").asText()) : "";
    } while (!after.isEmpty());
    return pages;
  }

  Ticker ticker() {
    return Ticker.system();
  }

  /** Ends what the path names, as an operator. Repeating it is harmless. */
  JsonNode delete(String path) throws InterruptedException {
    Server server = server();
    return Json.read(server.send(server.request(path).DELETE(), 200, RETRY_FOR));
  }

  private Server server() {
    URI base = URI.create("http://127.0.0.1:" + find().port() + "/");
    String token =
        TokenCommand.sign(
            DevelopmentKey.existing(data),
            "operator",
            Map.of("subscribe", List.of(), "publish", List.of(), "call", List.of("admin.*")),
            Instant.now().plus(TOKEN_LIFE));
    return new Server(base, token, Ticker.system());
  }
}
