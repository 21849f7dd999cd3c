package io.tailwater.launcher;

import io.tailwater.embedded.FreePort;
import io.tailwater.launcher.platform.Ports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.kafka.tools.ConsoleProducer;
import org.apache.kafka.tools.DeleteRecordsCommand;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * One {@code ./tailwater up} for the tests of the guide and the examples, with the namespaces that
 * the guide configures. Commands written for the usual ports are run against it.
 */
final class UpPlatform implements ExtensionContext.Store.CloseableResource, AutoCloseable {
  /** The top of the repository. */
  static final Path REPOSITORY = Path.of("").toAbsolutePath().resolveSibling(".").normalize();

  private static final Pattern USUAL_PORT =
      Pattern.compile("127\\.0\\.0\\.1:8(0[89]|1\\d|2\\d)(\\d)");
  private static final int USUAL = 8080;

  private final int port = FreePort.chooseRow(Ports.SPAN);
  private final Path folder;
  private final Tool up;

  private UpPlatform() throws Exception {
    folder = Files.createTempDirectory("tailwater-guide-");
    Path configuration = folder.resolve("guide.yml");
    Files.writeString(configuration, GuidePage.configuration());
    kafkasTools();
    up =
        Tool.start(
            "./tailwater up --port %d --data '%s' --config '%s'"
                .formatted(port, data(), configuration),
            Map.of());
    up.awaitLine("tailwater is ready: http://127.0.0.1:" + port);
  }

  static UpPlatform start() {
    try {
      return new UpPlatform();
    } catch (Exception e) {
      throw new IllegalStateException("./tailwater up did not start", e);
    }
  }

  /** Kafka's own command-line tools, by the names that its users know. */
  private void kafkasTools() throws IOException {
    Path bin = Files.createDirectory(folder.resolve("bin"));
    Map<String, Class<?>> tools =
        Map.of(
            "kafka-console-producer.sh", ConsoleProducer.class,
            "kafka-delete-records.sh", DeleteRecordsCommand.class);
    for (Map.Entry<String, Class<?>> tool : tools.entrySet()) {
      Path script = bin.resolve(tool.getKey());
      Files.writeString(
          script,
          "#!/bin/sh\nexec '%s/bin/java' -XX:TieredStopAtLevel=1 -cp '%s' %s \"$@\"\n"
              .formatted(
                  System.getProperty("java.home"),
                  System.getProperty("java.class.path"),
                  tool.getValue().getName()));
      if (!script.toFile().setExecutable(true)) {
        throw new IOException("not made executable: " + script);
      }
    }
  }

  /** A new directory that looks like the top of the repository to commands of a page. */
  Path workplace() throws IOException {
    Path workplace = Files.createTempDirectory(folder, "page-");
    Files.createSymbolicLink(workplace.resolve("tailwater"), REPOSITORY.resolve("tailwater"));
    Files.createSymbolicLink(workplace.resolve("examples"), REPOSITORY.resolve("examples"));
    Files.createSymbolicLink(workplace.resolve("data"), data());
    return workplace;
  }

  /** Starts a command with the platform's address, data directory and tools. */
  Tool start(Path directory, String command) throws IOException {
    Map<String, String> environment = new HashMap<>();
    environment.put("TAILWATER_CLASSPATH", Tool.classPath(Path.of("").toAbsolutePath()));
    environment.put("TAILWATER_DATA", data().toString());
    environment.put("TAILWATER_URL", "http://127.0.0.1:" + port);
    environment.put("PATH", folder.resolve("bin") + ":" + System.getenv("PATH") + ":/usr/sbin");
    return Tool.startIn(directory, command, environment);
  }

  /** The text with this platform's ports in place of the usual ones. */
  String here(String text) {
    return USUAL_PORT
        .matcher(text)
        .replaceAll(
            found -> {
              String usual = found.group().substring(found.group().indexOf(':') + 1);
              return "127.0.0.1:" + (port + Integer.parseInt(usual) - USUAL);
            });
  }

  /** Kafka's address. */
  String kafka() {
    return here("127.0.0.1:8180");
  }

  /** Waits for a line on the terminal that begins so, and returns it. */
  String awaitLine(String prefix) throws InterruptedException {
    return up.awaitLine(prefix);
  }

  private Path data() {
    return folder.resolve("data");
  }

  @Override
  public void close() throws Exception {
    up.interrupt();
    up.awaitEnd(130);
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    }
  }
}
