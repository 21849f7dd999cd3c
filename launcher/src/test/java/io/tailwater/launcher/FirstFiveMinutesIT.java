package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.embedded.FreePort;
import io.tailwater.launcher.platform.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.apache.kafka.tools.ConsoleProducer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Runs the commands of README's "The first five minutes", word for word and in its order. Only what
 * has to differ on a machine with other things on it does: the port and the data directory.
 */
final class FirstFiveMinutesIT {
  private static final Pattern SECTION =
      Pattern.compile("## The first five minutes\n(.*?)(\n## |\\z)", Pattern.DOTALL);
  private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);

  private final int port = FreePort.chooseRow(Ports.SPAN);
  private final Path data;

  FirstFiveMinutesIT(@TempDir Path data) {
    this.data = data;
  }

  @Test
  void doWhatReadmeSays() throws Exception {
    Iterator<String> commands = commands().iterator();
    try (Tool up =
        start(expect(commands, "./tailwater up") + " --port " + port + " --data '" + data + "'")) {
      up.awaitLine("tailwater is ready: http://127.0.0.1:" + port);
      stopAndComeBack(commands);
      watchAnAnswer(commands);
      useAToken(commands);
      produceByHand(commands);
      assertThat(run("./tailwater down --data '" + data + "'")).containsExactly("stopped");
      up.awaitEnd(143);
    }
    assertThat(commands).isExhausted();
  }

  private void stopAndComeBack(Iterator<String> commands) throws Exception {
    String read = expect(commands, "curl -N 'http://127.0.0.1:8080/v1/events?channel=demo:hello'");
    String lastId;
    try (Tool reader = start(read)) {
      reader.awaitLine("event: tw.live");
      run(
          expect(
              commands,
              "curl 'http://127.0.0.1:8080/v1/events?channel=demo:hello' -d '{\"text\":\"hi\"}'"));
      reader.awaitLine("data: {\"text\":\"hi\"}");
      lastId = reader.awaitLine("id: ").substring("id: ".length());
    }
    run(
        expect(
            commands,
            "curl 'http://127.0.0.1:8080/v1/events?channel=demo:hello' -d '{\"text\":\"one\"}'"));
    run(
        expect(
            commands,
            "curl 'http://127.0.0.1:8080/v1/events?channel=demo:hello' -d '{\"text\":\"two\"}'"));
    String back =
        expect(
            commands,
            "curl -N 'http://127.0.0.1:8080/v1/events?channel=demo:hello' -H 'Last-Event-ID: ID'");
    try (Tool reader = start(back.replace("ID'", lastId + "'"))) {
      assertThat(reader.awaitLine("data: {\"text\"")).isEqualTo("data: {\"text\":\"one\"}");
      assertThat(reader.awaitLine("data: {\"text\"")).isEqualTo("data: {\"text\":\"two\"}");
      reader.awaitLine("event: tw.live");
    }
  }

  private void watchAnAnswer(Iterator<String> commands) throws Exception {
    assertThat(String.join("\n", run(expect(commands, "./tailwater ai 'What is a log?'"))))
        .hasSizeGreaterThan(200);
  }

  private void useAToken(Iterator<String> commands) throws Exception {
    String token =
        run(expect(
                    commands,
                    "export TAILWATER_TOKEN=$(./tailwater token alice --subscribe 'chat:*' --publish 'chat:*')")
                .replaceAll("export TAILWATER_TOKEN=\\$\\((.*)\\)", "$1 --data '" + data + "'"))
            .getFirst();
    Map<String, String> asAlice = Map.of("TAILWATER_TOKEN", token);
    String publish = expect(commands, "./tailwater pub chat:lobby '{\"text\":\"hello\"}'");
    assertThat(run(publish, asAlice)).hasSize(1);
    String subscribe = expect(commands, "./tailwater sub chat:lobby --from earliest");
    try (Tool reader = start(subscribe, asAlice)) {
      assertThat(reader.awaitLine("").strip()).endsWith("{\"text\":\"hello\"}");
    }
  }

  private void produceByHand(Iterator<String> commands) throws Exception {
    String produce =
        expect(
            commands,
            "echo 'hello:{\"text\":\"from Kafka\"}' | kafka-console-producer.sh --bootstrap-server 127.0.0.1:8180"
                + " --topic demo --property parse.key=true --property key.separator=:");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String console =
        java
            + " -cp '"
            + System.getProperty("java.class.path")
            + "' "
            + ConsoleProducer.class.getName();
    run(produce.replace("kafka-console-producer.sh", console));
    List<String> last = run("./tailwater sub demo:hello --from earliest --count 4");
    assertThat(last).last().asString().endsWith("{\"text\":\"from Kafka\"}");
  }

  /** The next command of README, which has to be this one. */
  private static String expect(Iterator<String> commands, String command) {
    assertThat(commands.next()).isEqualTo(command);
    return command;
  }

  private static List<String> commands() throws IOException {
    String readme = Files.readString(Path.of("").toAbsolutePath().resolveSibling("README.md"));
    String section =
        SECTION.matcher(readme).results().map(found -> found.group(1)).findFirst().orElseThrow();
    return BLOCK
        .matcher(section)
        .results()
        .map(MatchResult::group)
        .flatMap(String::lines)
        .filter(line -> !line.startsWith("```") && !line.startsWith("#") && !line.isBlank())
        .toList();
  }

  private List<String> run(String command) throws Exception {
    return run(command, Map.of());
  }

  private List<String> run(String command, Map<String, String> environment) throws Exception {
    try (Tool tool = start(command, environment)) {
      return tool.awaitEnd(0);
    }
  }

  /** Its progress meter would be written between the lines that are checked here. */
  private String curlWithoutProgress() throws IOException {
    Files.writeString(data.resolve(".curlrc"), "no-progress-meter\n");
    return data.toString();
  }

  private Tool start(String command) throws IOException {
    return start(command, Map.of());
  }

  private Tool start(String command, Map<String, String> environment) throws IOException {
    var all = new java.util.HashMap<>(environment);
    all.put("CURL_HOME", curlWithoutProgress());
    all.put("TAILWATER_URL", "http://127.0.0.1:" + port);
    return Tool.start(
        command
            .replace("127.0.0.1:8080", "127.0.0.1:" + port)
            .replace("127.0.0.1:8180", "127.0.0.1:" + (port + 100)),
        all);
  }
}
