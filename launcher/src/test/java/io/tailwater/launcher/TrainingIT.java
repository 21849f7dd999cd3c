package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.FreePort;
import io.tailwater.launcher.platform.Ports;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The cache that later starts of the platform use. It is made of jars: those of the build. */
@Tag("long")
final class TrainingIT {
  private static final Path TARGET = Path.of("target");

  @Test
  void aPlatformStartsFromTheCacheThatTrainingMakes(@TempDir Path folder) throws Exception {
    Path cache = folder.resolve("up.aot");
    Process training =
        java(
            folder.resolve("training.log"),
            List.of("-XX:AOTCacheOutput=" + cache),
            "Training",
            folder.resolve("training").toString());
    assertThat(training.waitFor(5, TimeUnit.MINUTES)).isTrue();
    assertThat(folder.resolve("training.log")).content().doesNotContain("training failed");
    assertThat(training.exitValue()).isZero();
    assertThat(cache).isNotEmptyFile();

    Path log = folder.resolve("up.log");
    // Unlike ./tailwater, this ends if the cache cannot be used.
    Process up =
        java(
            log,
            List.of("-XX:AOTCache=" + cache, "-XX:AOTMode=on"),
            "Tailwater",
            "up",
            "--port",
            String.valueOf(FreePort.chooseRow(Ports.SPAN)),
            "--data",
            folder.resolve("data").toString());
    try {
      await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> !up.isAlive() || text(log).contains("tailwater is ready"));
      assertThat(log).content().contains("tailwater is ready");
    } finally {
      up.destroy();
      assertThat(up.waitFor(1, TimeUnit.MINUTES)).isTrue();
    }
  }

  private static Process java(Path log, List<String> options, String main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Xmx1g",
            "-cp",
            jar() + ":" + Files.readString(TARGET.resolve("class-path")).strip()));
    command.addAll(options);
    command.add("io.tailwater.launcher." + main);
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static Path jar() throws IOException {
    try (Stream<Path> files = Files.list(TARGET)) {
      return files
          .filter(file -> file.getFileName().toString().matches("launcher-.*[^s]\\.jar"))
          .findFirst()
          .orElseThrow();
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
