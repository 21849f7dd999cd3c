package io.tailwater.system.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Repository;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ways of an event that {@code docs/architecture.md} walks by file name. */
final class DocumentedWaysTest {
  private static final String PAGE = "docs/architecture.md";
  private static final Map<String, String> MODULES =
      Map.of(
          "edge", "edge-gateway",
          "core", "event-core",
          "ai", "ai-stream-service",
          "backend", "grpc-backend",
          "client", "core-client",
          "contract", "contract");
  private static final Pattern FILE =
      Pattern.compile("`((?:edge|core|ai|backend|client|contract)/[A-Za-z/]+[A-Z]\\w+)");

  @ParameterizedTest
  @CsvSource({
    "From Redis to an SSE socket,8",
    "From a `Last-Event-ID` to the first replayed event,15"
  })
  void aWayIsShort(String heading, int maxFiles) {
    String text = Repository.read(PAGE);
    int start = text.indexOf("### " + heading);
    assertThat(start).as(heading).isNotNegative();
    String section = text.substring(start + 4).split("\n##", 2)[0];
    List<String> steps = section.lines().filter(line -> line.matches("[0-9]+[.] `.*")).toList();
    assertThat(steps).hasSizeBetween(5, maxFiles);
    assertThat(steps).allSatisfy(step -> assertThat(FILE.matcher(step).find()).isTrue());
  }

  @Test
  void everyNamedFileExists() {
    List<String> files =
        FILE.matcher(Repository.read(PAGE))
            .results()
            .map((MatchResult hit) -> hit.group(1))
            .toList();
    assertThat(files).hasSizeGreaterThan(20);
    assertThat(files).allSatisfy(file -> assertThat(source(file)).isRegularFile());
  }

  private static Path source(String file) {
    String module = String.valueOf(MODULES.get(file.substring(0, file.indexOf('/'))));
    return Repository.path(module + "/src/main/java/io/tailwater/" + file + ".java");
  }
}
