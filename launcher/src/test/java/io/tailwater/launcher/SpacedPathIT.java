package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.embedded.FreePort;
import io.tailwater.launcher.platform.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ./tailwater} in a checkout whose path has what shells, class paths and log patterns treat
 * specially. The build in it is this build: a {@code mvn} of its own puts its jars in place.
 */
final class SpacedPathIT {
  private final int port = FreePort.chooseRow(Ports.SPAN);
  private final Path home;
  private final Map<String, String> environment;

  SpacedPathIT(@TempDir Path folder) throws IOException {
    home = Files.createDirectories(folder.resolve("it's a \"path\" (50) & é $HOME"));
    copy("tailwater");
    copy("build-tools/jdk.sh");
    Files.createDirectories(home.resolve("launcher/target"));
    Path build = Files.createDirectory(home.resolve("build"));
    Files.writeString(build.resolve("class-path"), String.join(":", jars(build)));
    script("bin/mvn", "#!/bin/sh\ncp build/* launcher/target/\n");
    environment =
        Map.of(
            "PATH",
            home.resolve("bin") + ":" + System.getenv("PATH"),
            "TAILWATER_URL",
            "http://127.0.0.1:" + port);
  }

  /** Copies the project's own jars below this checkout. */
  private List<String> jars(Path build) throws IOException {
    Path repository = Path.of("").toAbsolutePath().getParent();
    Path modules = Files.createDirectory(home.resolve("modules"));
    var entries = new ArrayList<String>();
    for (String entry : Tool.classPath(Path.of("").toAbsolutePath()).split(":")) {
      Path jar = Path.of(entry);
      if (jar.getFileName().toString().startsWith("launcher-")) {
        Files.copy(jar, build.resolve(jar.getFileName()));
      } else if (jar.startsWith(repository)) {
        entries.add(Files.copy(jar, modules.resolve(jar.getFileName())).toString());
      } else {
        entries.add(entry);
      }
    }
    return entries;
  }

  @Test
  @Tag("long")
  void buildsStartsPublishesAndReads() throws Exception {
    startPublishAndRead("", "tailwater");
  }

  @Test
  @Tag("long")
  void startsProcesses() throws Exception {
    startPublishAndRead(" --processes", "kafka");
  }

  private void startPublishAndRead(String mode, String log) throws Exception {
    try (Tool up = run("./tailwater up --port " + port + mode)) {
      up.awaitLine("tailwater is ready: http://127.0.0.1:" + port);
      end(run("./tailwater pub demo:a '{\"text\":\"hello\"}'"));
      try (Tool reader = run("./tailwater sub demo:a --from earliest --count 1")) {
        assertThat(reader.awaitEnd(0)).last().asString().endsWith("{\"text\":\"hello\"}");
      }
      end(run("./tailwater token alice --subscribe 'chat:*'"));
      // The logs are where they belong, not beside the path's first space.
      assertThat(home.resolve("data/logs/" + log + ".log")).exists();
      up.interrupt();
      up.awaitEnd(130);
    }
  }

  private static void end(Tool tool) throws Exception {
    try (tool) {
      tool.awaitEnd(0);
    }
  }

  private Tool run(String command) throws IOException {
    return Tool.startIn(home, command, environment);
  }

  private void copy(String name) throws IOException {
    script(name, Files.readString(Path.of("").toAbsolutePath().resolveSibling(name)));
  }

  private void script(String name, String text) throws IOException {
    Path file = home.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
