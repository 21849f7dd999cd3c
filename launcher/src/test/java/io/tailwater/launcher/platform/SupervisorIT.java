package io.tailwater.launcher.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tailwater.launcher.data.DataDirectory;
import io.tailwater.launcher.data.Leftovers;
import io.tailwater.launcher.terminal.Announcer;
import io.tailwater.launcher.terminal.LaunchException;
import io.tailwater.service.Ticker;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SupervisorIT {
  private static final Duration RESTART = Duration.ofSeconds(2);

  private final DataDirectory data;
  private final Announcer quiet =
      new Announcer(new PrintStream(OutputStream.nullOutputStream(), false), false);

  SupervisorIT(@TempDir Path folder) {
    data = DataDirectory.open(folder);
  }

  @AfterEach
  void unlock() {
    data.close();
  }

  @Test
  void thePidsAreCurrentAndADeadProcessIsBackWithinTwoSeconds() throws Exception {
    try (var supervisor =
        new Supervisor(data, List.of(List.of(sleeper("a"), sleeper("b"))), Ticker.system())) {
      supervisor.start(quiet);
      Map<String, Long> before = pids();
      assertThat(before).containsOnlyKeys("a", "b");
      for (int kills = 0; kills < 4; kills++) {
        long killed = pid("a");
        kill(killed);
        await()
            .atMost(RESTART)
            .until(() -> pid("a") != 0 && pid("a") != killed && isAlive(pid("a")));
      }
      assertThat(pids()).containsEntry("b", before.get("b"));
    }
  }

  @Test
  void aHeldProcessComesBackOnlyWhenItIsLetGo() throws Exception {
    try (var supervisor = new Supervisor(data, List.of(List.of(sleeper("a"))), Ticker.system())) {
      supervisor.start(quiet);
      Path hold = data.of("hold").resolve("a");
      Files.createDirectories(hold.getParent());
      Files.createFile(hold);
      kill(pid("a"));
      await().atMost(RESTART).until(() -> pids().isEmpty());
      await().during(RESTART).atMost(RESTART.multipliedBy(2)).until(() -> pids().isEmpty());
      Files.delete(hold);
      await().atMost(RESTART).until(() -> pids().containsKey("a"));
    }
  }

  @Test
  void closingLeavesNoProcessAndNoPids() throws Exception {
    var supervisor =
        new Supervisor(
            data, List.of(List.of(sleeper("a")), List.of(sleeper("b"))), Ticker.system());
    supervisor.start(quiet);
    Map<String, Long> pids = pids();
    supervisor.close();
    assertThat(pids.values()).hasSize(2).noneMatch(SupervisorIT::isAlive);
    assertThat(data.of("pids")).doesNotExist();
  }

  @Test
  void aPartThatEndsBeforeItIsReadyFailsTheStartWithItsOwnWords() {
    var failing = spec("a", "echo 'a did not start: no such topic' >&2; exit 1", () -> false);
    try (var supervisor = new Supervisor(data, List.of(List.of(failing)), Ticker.system())) {
      assertThatThrownBy(() -> supervisor.start(quiet))
          .isInstanceOf(LaunchException.class)
          .hasMessage("a did not start: no such topic");
    }
  }

  @Test
  void whatAKilledSupervisorLeftIsEndedByTheNextOne() throws Exception {
    Process stranger = new ProcessBuilder("sleep", "1000").start();
    try {
      Process marked =
          new ProcessBuilder(
                  "sh", "-c", "while :; do sleep 1; done", "-Dtailwater.log=" + data.log("a"))
              .start();
      Files.writeString(
          data.of("pids"), "a " + marked.pid() + "\nb " + stranger.pid() + "\nnonsense\n");
      Leftovers.end(data);
      assertThat(marked.isAlive()).isFalse();
      assertThat(stranger.isAlive()).isTrue();
      assertThat(data.of("pids")).doesNotExist();
    } finally {
      stranger.destroyForcibly();
    }
  }

  private ChildSpec sleeper(String name) {
    return spec(name, "exec sleep 1000", () -> true);
  }

  private ChildSpec spec(String name, String script, ChildSpec.ReadyCheck ready) {
    return new ChildSpec(
        name,
        List.of("sh", "-c", script),
        Map.of(),
        "nowhere",
        data.of("logs").resolve(name + ".out"),
        ready);
  }

  private Map<String, Long> pids() throws IOException {
    var pids = new TreeMap<String, Long>();
    for (String line : Files.readAllLines(data.of("pids"))) {
      pids.put(line.split(" ")[0], Long.parseLong(line.split(" ")[1]));
    }
    return pids;
  }

  private long pid(String name) throws IOException {
    return pids().getOrDefault(name, 0L);
  }

  private static boolean isAlive(long pid) {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static void kill(long pid) {
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
  }
}
