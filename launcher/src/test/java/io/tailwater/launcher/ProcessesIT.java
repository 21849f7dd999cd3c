package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.FreePort;
import io.tailwater.launcher.platform.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./tailwater up --processes} as a person runs it, and what happens to it. */
final class ProcessesIT {
  private final int port = FreePort.chooseRow(Ports.SPAN);
  private final Path data;
  private final Map<String, String> environment =
      Map.of("TAILWATER_URL", "http://127.0.0.1:" + port);

  ProcessesIT(@TempDir Path data) {
    this.data = data;
  }

  @Test
  void survivesKillsAndRestartsKeepsItsDataAndLeavesNoProcess() throws Exception {
    try (Tool up = up("--event-cores 2")) {
      List<String> parts =
          List.of(
              "kafka",
              "redis",
              "event-core-1",
              "event-core-2",
              "ai-stream-service",
              "grpc-backend",
              "edge-gateway-1",
              "edge-gateway-2");
      up.awaitLine("tailwater is ready: http://127.0.0.1:" + port);
      assertThat(pids()).containsOnlyKeys(parts);

      assertThat(run("./tailwater pub demo:kept one", 0)).hasSize(1);
      try (Tool reader = start("./tailwater sub demo:kept --from earliest --count 4")) {
        reader.awaitLine("# tw.live");
        for (String victim : List.of("edge-gateway-1", "event-core-1", "redis")) {
          killAndAwaitReturn(victim);
          run("./tailwater pub demo:kept " + victim, 0);
        }
        assertThat(reader.awaitEnd(0).stream().filter(line -> line.contains("message")))
            .satisfiesExactly(
                line -> assertThat(line).endsWith("\"edge-gateway-1\""),
                line -> assertThat(line).endsWith("\"event-core-1\""),
                line -> assertThat(line).endsWith("\"redis\""));
      }
      // The supervisor's own death takes all others with it.
      Map<String, Long> pids = pids();
      up.process().destroyForcibly().waitFor();
      await().atMost(Duration.ofSeconds(30)).until(() -> nonePresent(pids));
    }

    // Fewer parts than before, which start sooner.
    try (Tool up = up("--gateways 1")) {
      up.awaitLine("tailwater is ready: ");
      assertThat(run("./tailwater sub demo:kept --from earliest --count 4", 0))
          .filteredOn(line -> line.contains("message"))
          .hasSize(4);
      Map<String, Long> pids = pids();
      up.process().destroy();
      up.awaitEnd(143);
      assertThat(nonePresent(pids)).isTrue();
      assertThat(data.resolve("pids")).doesNotExist();
    }
  }

  private void killAndAwaitReturn(String name) throws IOException {
    long killed = pids().getOrDefault(name, 0L);
    ProcessHandle.of(killed).orElseThrow().destroyForcibly();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> pids().containsKey(name) && pids().getOrDefault(name, killed) != killed);
  }

  private Tool up(String parts) throws IOException {
    return start(
        "./tailwater up --processes " + parts + " --port " + port + " --data '" + data + "'");
  }

  private Tool start(String command) throws IOException {
    return Tool.start(command, environment);
  }

  private List<String> run(String command, int exitCode) throws Exception {
    try (Tool tool = start(command)) {
      return tool.awaitEnd(exitCode);
    }
  }

  private static boolean nonePresent(Map<String, Long> pids) {
    return pids.values().stream()
        .noneMatch(pid -> ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false));
  }

  private Map<String, Long> pids() throws IOException {
    var pids = new TreeMap<String, Long>();
    for (String line : Files.readAllLines(data.resolve("pids"))) {
      pids.put(line.split(" ")[0], Long.parseLong(line.split(" ")[1]));
    }
    return pids;
  }
}
