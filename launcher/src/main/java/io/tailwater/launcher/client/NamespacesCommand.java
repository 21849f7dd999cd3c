package io.tailwater.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.service.DurationText;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tailwater namespaces}: the namespaces beside their Kafka topics. */
@Command(
    name = "namespaces",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the namespaces of the platform on this machine beside their Kafka topics.",
      "",
      "What a topic has otherwise than configured, or than the guarantees need, stands below the list."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./tailwater namespaces",
      "  ./tailwater namespaces --json | jq '.namespaces[].differences'"
    })
public final class NamespacesCommand implements Callable<Integer> {
  @Mixin OwnPlatform platform = new OwnPlatform();

  @Option(names = "--json", description = "Print the gateway's answer.")
  boolean json;

  @Override
  public Integer call() throws InterruptedException {
    JsonNode answer = platform.get("/v1/admin/namespaces");
    if (json) {
      System.out.println(answer);
      return ExitStatus.DONE;
    }
    Table table =
        new Table(
            "NAMESPACE", "TOPIC", "PARTITIONS", "PARTITIONER", "DATA", "RETENTION", "REPLICAS");
    answer.path("namespaces").forEach(namespace -> add(table, namespace));
    table.print(System.out);
    answer.path("namespaces").forEach(NamespacesCommand::printDifferences);
    return ExitStatus.DONE;
  }

  private static void add(Table table, JsonNode namespace) {
    table.row(
        namespace.path("namespace").asText(),
        namespace.path("topic").asText("none: ephemeral"),
        namespace.path("partitions").asText(),
        namespace.path("partitioner").asText(),
        namespace.path("data").asText(),
        retention(namespace.path("retention_ms")),
        namespace.path("replicas").asText("-"));
  }

  private static String retention(JsonNode ms) {
    if (!ms.isNumber()) {
      return "-";
    }
    return ms.asLong() < 0 ? "for ever" : DurationText.of(Duration.ofMillis(ms.asLong()));
  }

  private static void printDifferences(JsonNode namespace) {
    String name = namespace.path("namespace").asText();
    namespace
        .path("differences")
        .forEach(
            difference ->
                System.out.println(
                    name
                        + ": "
                        + difference.path("setting").asText()
                        + " should be "
                        + difference.path("configured").asText()
                        + " and is "
                        + difference.path("actual").asText()
                        + ": "
                        + difference.path("consequence").asText()));
    if (namespace.path("problem").isTextual()) {
      System.out.println(name + ": " + namespace.path("problem").asText());
    }
  }
}
