package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.launcher.terminal.ExitStatus;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

@ResourceLock(Outcome.STANDARD_STREAMS)
final class ClientCommandsTest {
  private static final String EVENT =
      "data: {\"id\":\"e-%d\",\"channel\":\"demo:a\",\"type\":\"message\",\"data\":{\"n\":%d}}";

  private final ScriptedServer server;

  ClientCommandsTest() throws IOException {
    server = new ScriptedServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void subComesBackWithItsPositionAndEndsWithTheChannel() {
    server
        .thenStream(
            "retry: 10",
            "id: e-0",
            "event: tw.open",
            "data: {}",
            "",
            EVENT.formatted(1, 1),
            "id: e-1",
            "",
            EVENT.formatted(2, 2),
            "id: e-2")
        .thenStream("retry: 10", "event: tw.retry", "data: {\"code\":\"unavailable\"}", "")
        .thenStream(
            EVENT.formatted(2, 2),
            "id: e-2",
            "",
            "event: tw.end",
            "data: {\"channel\":\"demo:a\"}",
            "id: e-2",
            "");
    Outcome outcome = run("sub", "demo:a");
    assertThat(outcome.exitCode()).isZero();
    assertThat(outcome.out().lines())
        .containsExactly("e-1 message {\"n\":1}", "e-2 message {\"n\":2}");
    assertThat(server.asked())
        .extracting(ScriptedServer.Asked::lastEventId)
        .containsExactly("", "e-1", "e-1");
  }

  @Test
  void subEndsWhenNothingWillFollow() {
    server.then(204, "text/plain", "");
    assertThat(run("sub", "demo:a", "--after", "e-7").exitCode()).isZero();
    assertThat(server.asked().getFirst().line())
        .isEqualTo("GET /v1/events?channel=demo%3Aa&after=e-7&envelope=true");
  }

  @Test
  void subPrintsJsonForScripts() {
    server.thenStream(
        EVENT.formatted(1, 1),
        "",
        "event: tw.reset",
        "data: {\"reason\":\"expired\"}",
        "",
        "event: tw.end",
        "data: {\"channel\":\"demo:a\"}",
        "");
    assertThat(run("sub", "demo:a", "--json").out().lines())
        .containsExactly(
            EVENT.formatted(1, 1).substring("data: ".length()),
            "{\"type\":\"tw.reset\",\"data\":{\"reason\":\"expired\"}}",
            "{\"type\":\"tw.end\",\"data\":{\"channel\":\"demo:a\"}}");
  }

  @Test
  void whatTheServerRefusesForGoodIsExitCode3() {
    server.thenProblem(403, "forbidden").thenProblem(409, "closed").thenProblem(404, "not_found");
    for (List<String> command :
        List.of(List.of("sub", "demo:a"), List.of("pub", "demo:a", "1"), List.of("ai", "hi"))) {
      Outcome outcome = run(command.toArray(String[]::new));
      assertThat(outcome.exitCode()).isEqualTo(ExitStatus.REFUSED);
      assertThat(outcome.err()).contains("because").hasLineCount(1);
    }
  }

  @Test
  void pubSendsAgainWithTheSameKeyUntilTheServerCanSay() {
    server
        .thenProblem(503, "unavailable")
        .then(201, "application/json", "{\"id\":\"e-3\",\"duplicate\":false}");
    Outcome outcome = run("pub", "demo:a", "{\"n\":1.50}");
    assertThat(outcome.exitCode()).isZero();
    assertThat(outcome.out()).isEqualToIgnoringNewLines("e-3");
    assertThat(server.asked()).hasSize(2).allMatch(asked -> asked.body().equals("{\"n\":1.50}"));
    assertThat(server.asked().getFirst().key())
        .isNotEmpty()
        .isEqualTo(server.asked().getLast().key());
  }

  @Test
  void pubGivesUpWithExitCode4() {
    for (int i = 0; i < 10; i++) {
      server.thenProblem(503, "unavailable");
    }
    assertThat(run("pub", "demo:a", "1", "--retry-for", "1s").exitCode())
        .isEqualTo(ExitStatus.UNAVAILABLE);
  }

  @Test
  void pubSendsOtherTextAsText() {
    server.then(201, "application/json", "{\"id\":\"e-3\",\"duplicate\":false}");
    run("pub", "demo:a", "good morning");
    assertThat(server.asked().getFirst().type()).startsWith("text/plain");
  }

  @Test
  void pubSendsLinesAsABatchAndAgainOnlyWhatIsUnknown() {
    server
        .then(
            200,
            "application/x-ndjson",
            "{\"id\":\"e-1\",\"duplicate\":false}\n{\"error\":{\"code\":\"unavailable\",\"message\":\"\",\"retry\":true}}\n"
                + "{\"error\":{\"code\":\"too_large\",\"message\":\"\",\"retry\":false}}\n")
        .then(200, "application/x-ndjson", "{\"id\":\"e-2\",\"duplicate\":false}\n");
    Outcome outcome = withInput("1.50\nhello\n{\"a\":1}\n", "pub", "demo:a");
    assertThat(outcome.exitCode()).isEqualTo(ExitStatus.REFUSED);
    assertThat(outcome.out().lines()).containsExactly("e-1", "e-2");
    List<String> first = server.asked().getFirst().body().lines().toList();
    assertThat(first.get(0))
        .startsWith("{\"channel\":\"demo:a\",\"key\":\"")
        .endsWith(",\"data\":1.50}");
    assertThat(first.get(1)).endsWith(",\"data\":\"hello\"}");
    assertThat(server.asked().getLast().body().lines()).containsExactly(first.get(1));
  }

  @Test
  void linesForSeveralChannelsKeepWhatTheySayAndGetAKey() {
    server.then(
        200,
        "application/x-ndjson",
        "{\"id\":\"a-1\",\"duplicate\":false}\n{\"id\":\"b-1\",\"duplicate\":false}\n");
    withInput(
        "{\"channel\":\"demo:a\",\"data\":1e3}\n{\"channel\":\"demo:b\",\"key\":\"mine\",\"data\":2}\n",
        "pub",
        "-");
    List<String> lines = new ArrayList<>(server.asked().getFirst().body().lines().toList());
    assertThat(lines.get(0)).matches("\\{\"key\":\"[^\"]+\",\"channel\":\"demo:a\",\"data\":1e3}");
    assertThat(lines.get(1)).isEqualTo("{\"channel\":\"demo:b\",\"key\":\"mine\",\"data\":2}");
  }

  @Test
  void aiPrintsTheTextAsItComesAndGoesOnAfterACut() {
    server
        .then(
            201,
            "application/json",
            "{\"id\":\"7\",\"events\":\"/v1/events?channel=ai:7&from=earliest&ticket=t\"}")
        .thenStream(
            "retry: 10",
            ai(1, "delta", "{\"kind\":\"text\",\"text\":\"one \"}"),
            "id: e-1",
            "",
            ai(2, "delta", "{\"kind\":\"text\",\"text\":\"lost\"}"))
        .thenStream(
            ai(2, "delta", "{\"kind\":\"reasoning\",\"text\":\"hm\"}"),
            "id: e-2",
            "",
            ai(3, "delta", "{\"kind\":\"text\",\"text\":\"two\"}"),
            "id: e-3",
            "",
            ai(4, "finish", "{}"),
            "id: e-4",
            "");
    Outcome outcome = run("ai", "hi", "--max-tokens", "7");
    assertThat(outcome.exitCode()).isZero();
    assertThat(outcome.out()).isEqualTo("one two\n");
    assertThat(server.asked().getFirst().body()).isEqualTo("{\"prompt\":\"hi\",\"max_tokens\":7}");
    assertThat(server.asked().getLast().lastEventId()).isEqualTo("e-1");
  }

  @Test
  void aFailedAnswerIsExitCode5() {
    server
        .then(201, "application/json", "{\"id\":\"7\",\"events\":\"/v1/events?channel=ai:7\"}")
        .thenStream(ai(1, "failed", "{\"code\":\"cancelled\",\"message\":\"by its creator\"}"), "");
    Outcome outcome = run("ai", "hi");
    assertThat(outcome.exitCode()).isEqualTo(ExitStatus.ANSWER_FAILED);
    assertThat(outcome.err()).contains("cancelled").contains("by its creator");
  }

  private static String ai(int id, String type, String data) {
    return "data: {\"id\":\"e-"
        + id
        + "\",\"channel\":\"ai:7\",\"type\":\""
        + type
        + "\",\"data\":"
        + data
        + "}";
  }

  private Outcome run(String... args) {
    var all = new ArrayList<>(List.of(args));
    all.addAll(List.of("--url", server.url()));
    return Outcome.of(all.toArray(String[]::new));
  }

  private Outcome withInput(String input, String... args) {
    InputStream standard = System.in;
    try {
      System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
      return run(args);
    } finally {
      System.setIn(standard);
    }
  }
}
