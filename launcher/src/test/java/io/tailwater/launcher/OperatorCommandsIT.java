package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Commands for whoever runs the platform: they find it by its data directory alone. */
@ExtendWith(OnUp.class)
@ResourceLock(OnUp.PLATFORM)
final class OperatorCommandsIT {
  private static final String READER =
      "curl -s -N 'http://127.0.0.1:8080/v1/events?channel=demo:operator'";

  private final UpPlatform platform;
  private final Path workplace;

  OperatorCommandsIT(UpPlatform platform, @TempDir Path workplace) {
    this.platform = platform;
    this.workplace = workplace;
  }

  @Test
  void statusNamesEveryServiceAndItsState() throws Exception {
    String text = String.join("\n", run("status"));
    assertThat(text).contains(platform.here("http://127.0.0.1:8080, process "));
    for (String service : List.of("event-core-1", "edge-gateway-1", "edge-gateway-2")) {
      assertThat(text).containsPattern(service + " +ready +http://127.0.0.1:");
    }
    assertThat(run("status --json")).singleElement().asString().contains("\"ai-stream-service\":");
  }

  @Test
  void aReaderIsListedAndKicked() throws Exception {
    try (Tool reader = platform.start(workplace, platform.here(READER))) {
      String opened = reader.awaitLine("data: {\"connection\":");
      String id = opened.replaceAll(".*\"connection\":\"([^\"]*)\".*", "$1");
      reader.awaitLine("event: tw.live");
      assertThat(run("connections --channel demo:operator"))
          .hasSize(2)
          .last()
          .asString()
          .containsPattern(id + " +edge-gateway-\\d +anonymous +sse +127.0.0.1 .* 1 +0 +live");
      assertThat(String.join("\n", run("channels")))
          .startsWith("CHANNEL ")
          .containsPattern("\ndemo:operator +1 +0 +live");
      assertThat(String.join("\n", run("top --count 2 --every 1s")))
          .contains(platform.here("http://127.0.0.1:8080   connections "))
          .containsPattern("event-core-1 +runs +\\d+\\.\\d +\\d+\\.\\d s")
          .containsPattern("edge-gateway-[12] +runs +\\d+ +\\d+\\.\\d +\\d+ +\\d+")
          .containsPattern(id + " +edge-gateway-\\d +anonymous +sse +demo:operator +0 +live");
      assertThat(run("produce demo --key operator --header origin=test '{\"by\":\"Kafka\"}'"))
          .singleElement()
          .asString()
          .matches("\\d+ \\d+");
      reader.awaitLine("data: {\"by\":\"Kafka\"}");
      try (Tool lines = start("produce demo --separator :")) {
        assertThat(lines.type("operator:{\"n\":1}\noperator:{\"n\":2}\n").awaitEnd(0)).hasSize(2);
      }
      reader.awaitLine("data: {\"n\":2}");
      assertThat(run("kick --connection " + id)).containsExactly("ended 1");
      reader.awaitLine("event: tw.retry");
      assertThat(run("connections --channel demo:operator")).hasSize(1);
    }
  }

  @Test
  void aTopicThatKafkaDoesNotHaveIsNamedBesideThoseThatItHas() throws Exception {
    try (Tool produce = start("produce dmeo 1")) {
      assertThat(produce.awaitEnd(1))
          .singleElement()
          .asString()
          .contains("no topic 'dmeo'", "demo");
    }
  }

  @Test
  void topEndsWithCtrlCAndWithoutAWord() throws Exception {
    try (Tool top = start("top --every 60s")) {
      top.awaitLine("CONNECTION ");
      top.interrupt();
      assertThat(top.awaitEnd(130))
          .allSatisfy(line -> assertThat(line).doesNotContain("tailwater:"));
    }
  }

  @Test
  void kickingEverybodyIsRefused() throws Exception {
    try (Tool kick = start("kick")) {
      assertThat(kick.awaitEnd(2)).singleElement().asString().contains("Name a subject");
    }
  }

  @Test
  void namespacesAreListedBesideTheirTopics() throws Exception {
    assertThat(String.join("\n", run("namespaces")))
        .containsPattern("orders +shop\\.orders +8 +murmur2 +json +30d +1")
        .containsPattern("typing +none: ephemeral +8");
  }

  private List<String> run(String command) throws Exception {
    try (Tool tool = start(command)) {
      return tool.awaitEnd(0);
    }
  }

  private Tool start(String command) throws Exception {
    return platform.start(UpPlatform.REPOSITORY, "./tailwater " + command);
  }
}
