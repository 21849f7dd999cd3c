package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.embedded.FreePort;
import io.tailwater.launcher.data.DataDirectory;
import io.tailwater.launcher.platform.Ports;
import io.tailwater.launcher.terminal.ExitStatus;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

@ResourceLock(Outcome.STANDARD_STREAMS)
final class CommandLineTest {
  private static final List<String> OPERATORS =
      List.of(
          "status",
          "top",
          "connections",
          "channels",
          "kick alice",
          "namespaces",
          "produce demo 1",
          "down");
  private static final List<String> COMMANDS =
      List.of(
          "up",
          "token",
          "pub",
          "sub",
          "ai",
          "produce",
          "status",
          "top",
          "connections",
          "channels",
          "kick",
          "namespaces",
          "down");

  private final Path data;

  CommandLineTest(@TempDir Path data) {
    this.data = data;
  }

  @Test
  void everyCommandTeachesWithExamples() {
    for (String command : COMMANDS) {
      Outcome outcome = Outcome.of("help", command);
      assertThat(outcome.exitCode()).isZero();
      assertThat(outcome.out()).isEqualTo(Outcome.of(command, "--help").out());
      assertThat(outcome.out()).contains("Examples:").contains("./tailwater " + command);
    }
    assertThat(Outcome.of("--help").out()).contains("Exit codes:");
  }

  @Test
  void wrongUsageIsExitCode2() {
    assertThat(Outcome.of().exitCode()).isEqualTo(ExitStatus.USAGE);
    assertThat(Outcome.of("upp").exitCode()).isEqualTo(ExitStatus.USAGE);
    assertThat(Outcome.of("sub").exitCode()).isEqualTo(ExitStatus.USAGE);
    assertThat(Outcome.of("sub", "demo:a", "--from", "latest", "--after", "x-1").exitCode())
        .isEqualTo(ExitStatus.USAGE);
    assertThat(Outcome.of("pub", "demo:a", "1", "--url", "nowhere").exitCode())
        .isEqualTo(ExitStatus.USAGE);
    assertThat(Outcome.of("produce", "demo", "--key", "a", "--separator", ":").exitCode())
        .isEqualTo(ExitStatus.USAGE);
    assertThat(up("--gateways", "0").exitCode()).isEqualTo(ExitStatus.USAGE);
    assertThat(up("--port", "65500").exitCode()).isEqualTo(ExitStatus.USAGE);
  }

  @Test
  void aTakenPortIsOneSentenceAndExitCode1() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Outcome outcome = up("--port", Integer.toString(taken.getLocalPort()));
      assertThat(outcome.exitCode()).isEqualTo(ExitStatus.FAILED);
      assertThat(outcome.err())
          .contains("Port " + taken.getLocalPort() + " is taken by ")
          .contains("(process " + ProcessHandle.current().pid() + ")")
          .hasLineCount(1);
    }
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsOneSentenceAndExitCode1() throws IOException {
    Path file = Files.createFile(data.resolve("file"));
    Outcome outcome = Outcome.of("up", "--data", file.resolve("below").toString());
    assertThat(outcome.exitCode()).isEqualTo(ExitStatus.FAILED);
    assertThat(outcome.err()).contains("can't be written").hasLineCount(1);
  }

  @Test
  void aDirectoryWithASignThatIsNotPossibleIsOneSentenceAndExitCode1() {
    for (String sign : List.of(",", "%")) {
      Outcome outcome = Outcome.of("up", "--data", data.resolve("a" + sign + " b").toString());
      assertThat(outcome.exitCode()).isEqualTo(ExitStatus.FAILED);
      assertThat(outcome.err()).contains("has a '" + sign + "'").hasLineCount(1);
    }
  }

  @Test
  void portsOfOutgoingConnectionsAreWarnedOf() {
    assertThat(new Ports(8_080).warning()).isEmpty();
    assertThat(new Ports(61_000).warning().or(() -> new Ports(50_000).warning()))
        .get()
        .asString()
        .contains("outgoing connections");
  }

  @Test
  void aDirectoryInUseIsOneSentenceAndExitCode1() {
    try (var used = DataDirectory.open(data)) {
      Outcome outcome = Outcome.of("up", "--data", used.root().toString());
      assertThat(outcome.exitCode()).isEqualTo(ExitStatus.FAILED);
      assertThat(outcome.err()).contains("in use").hasLineCount(1);
    }
  }

  @Test
  void aBadConfigurationIsOneSentenceAndExitCode1() {
    Outcome outcome = up("--config", data.resolve("none.yml").toString());
    assertThat(outcome.exitCode()).isEqualTo(ExitStatus.FAILED);
    assertThat(outcome.err()).contains("none.yml").hasLineCount(1);
  }

  @Test
  void withoutAPlatformOperatorsAreToldSo() throws IOException {
    // That of another platform, which was killed: its number may be another process's by now.
    Files.writeString(data.resolve("platform"), "pid 1\nsince 1\nport 8080\n");
    for (Path directory : List.of(data, data.resolve("none"))) {
      for (String command : OPERATORS) {
        Outcome outcome = Outcome.of((command + " --data " + directory).split(" "));
        assertThat(outcome.exitCode()).isEqualTo(ExitStatus.FAILED);
        assertThat(outcome.err())
            .contains("No platform runs")
            .contains(directory.toString())
            .hasLineCount(1);
      }
    }
  }

  @Test
  void withoutAServerItSaysHowToStartOne() {
    String nowhere = "http://127.0.0.1:" + FreePort.choose();
    for (List<String> command :
        List.of(List.of("pub", "demo:a", "1"), List.of("sub", "demo:a"), List.of("ai", "hi"))) {
      var args = new java.util.ArrayList<>(command);
      args.addAll(List.of("--url", nowhere));
      Outcome outcome = Outcome.of(args.toArray(String[]::new));
      assertThat(outcome.exitCode()).isEqualTo(ExitStatus.FAILED);
      assertThat(outcome.err()).contains(nowhere).contains("./tailwater up").hasLineCount(1);
    }
  }

  private Outcome up(String... args) {
    var all = new java.util.ArrayList<>(List.of("up", "--data", data.toString()));
    all.addAll(List.of(args));
    return Outcome.of(all.toArray(String[]::new));
  }
}
