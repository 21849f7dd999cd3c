package io.tailwater.system.javaclient;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Repository;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code in the README of the Java client: its program runs, and its other blocks compile. */
@OnPlatforms
final class JavaClientReadmeIT {
  private static final long LIMIT_S = 180;
  private static final Pattern BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final String FRAGMENTS =
      """
      import com.fasterxml.jackson.databind.JsonNode;
      import io.tailwater.javaclient.*;
      import java.util.Map;
      import java.util.concurrent.*;

      abstract class Fragments {
        abstract void store(JsonNode data, String id);
        abstract void apply(Event change);
        abstract String fetchToken();
      """;

  private final InProcessPlatform platform;

  JavaClientReadmeIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void theProgramRunsAndTheFragmentsCompile(@TempDir Path directory) throws Exception {
    String readme = Files.readString(Repository.path("client-java/README.md"));
    List<String> blocks =
        BLOCK.matcher(readme).results().map((MatchResult found) -> found.group(1)).toList();
    String gateway = platform.gateways().getFirst().toString();
    String program = blocks.getFirst().replace("http://127.0.0.1:8080", gateway);
    Path hello = directory.resolve("Hello.java");
    Files.writeString(hello, program + fragments(blocks.subList(1, blocks.size())));
    assertThat(run(imports(hello))).endsWith("{\"text\":\"hi\"}\n");
  }

  /** The fragments share their variables only where one of them declares them. */
  private static String fragments(List<String> blocks) {
    StringBuilder source = new StringBuilder(FRAGMENTS);
    int number = 0;
    for (String block : blocks) {
      source.append("  void fragment").append(number++);
      source.append(
          block.contains("TailwaterClient client")
              ? "() throws Exception {\n"
              : block.contains("Subscription subscription")
                  ? "(TailwaterClient client) throws Exception {\n"
                  : "(TailwaterClient client, Subscription subscription, String position,"
                      + " Flow.Subscriber<Event> subscriber) throws Exception {\n");
      source.append(block).append("  }\n");
    }
    return source.append("}\n").toString();
  }

  /** Imports have to come first in a file. */
  private static Path imports(Path file) throws IOException {
    List<String> first = new ArrayList<>();
    List<String> rest = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      (line.startsWith("import ") ? first : rest).add(line);
    }
    first.addAll(rest);
    return Files.write(file, first);
  }

  private static String run(Path source) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                source.toString())
            .redirectErrorStream(true)
            .start();
    try {
      assertThat(process.waitFor(LIMIT_S, TimeUnit.SECONDS)).as("ended in time").isTrue();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } finally {
      process.destroyForcibly();
    }
  }
}
