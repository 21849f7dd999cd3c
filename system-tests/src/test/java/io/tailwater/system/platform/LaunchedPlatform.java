package io.tailwater.system.platform;

import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.FreePort;
import io.tailwater.launcher.platform.Ports;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The platform as {@code tailwater up --processes} runs it: every part a process that can be killed
 * with -9 and is started again by the launcher. One for the whole test run.
 */
public final class LaunchedPlatform implements Platform, ExtensionContext.Store.CloseableResource {
  private static final int EVENT_CORES = 2;
  private static final int GATEWAYS = 2;
  private static final Duration START_LIMIT = Duration.ofSeconds(240);
  private static final Duration RESTART_LIMIT = Duration.ofMinutes(5);
  private static final int LAST_LINES = 40;
  private static final Duration STOP_LIMIT = Duration.ofSeconds(40);
  private static final String READY = "tailwater is ready: ";

  private final Path data;
  private final int port;
  private final Process launcher;

  LaunchedPlatform() {
    this(Map.of());
  }

  /**
   * A platform of its caller's own.
   *
   * @param settings besides those of {@link Namespaces}
   */
  public LaunchedPlatform(Map<String, Object> settings) {
    port = FreePort.chooseRow(Ports.SPAN);
    try {
      data = Files.createTempDirectory("tailwater-launched-");
      Path configuration = data.resolve("system-tests.yml");
      Files.writeString(
          configuration,
          Stream.of(Namespaces.properties(), settings)
              .flatMap(each -> each.entrySet().stream())
              .map(property -> property.getKey() + ": " + property.getValue() + "\n")
              .sorted()
              .collect(Collectors.joining("", "", "tailwater.edge.jwt-key: " + Tokens.KEY + "\n")));
      ProcessBuilder builder =
          new ProcessBuilder(command(configuration))
              .redirectErrorStream(true)
              .redirectOutput(data.resolve("launcher.out").toFile());
      // No process of these lives for long enough to earn what the second compiler takes.
      builder.environment().put("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1");
      launcher = builder.start();
    } catch (IOException e) {
      throw new IllegalStateException("the launcher can't be started", e);
    }
    // Also when the test run is ended in the middle.
    Runtime.getRuntime()
        .addShutdownHook(Thread.ofPlatform().name("stop-launcher").unstarted(launcher::destroy));
    await("the platform is ready").atMost(START_LIMIT).until(this::saysReady);
  }

  private List<String> command(Path configuration) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(List.of("-Xmx256m", "-cp", classPath(), "io.tailwater.launcher.Tailwater"));
    command.addAll(List.of("up", "--processes", "--port", Integer.toString(port)));
    command.addAll(List.of("--event-cores", Integer.toString(EVENT_CORES)));
    command.addAll(List.of("--gateways", Integer.toString(GATEWAYS)));
    command.addAll(List.of("--data", data.toString(), "--config", configuration.toString()));
    return command;
  }

  /** Ours, without the tests: the product logs as it does for its users. */
  static String classPath() {
    String all =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Stream.of(all.split(java.io.File.pathSeparator))
        .filter(entry -> !entry.endsWith("test-classes"))
        .collect(Collectors.joining(java.io.File.pathSeparator));
  }

  private boolean saysReady() throws IOException {
    if (!launcher.isAlive()) {
      throw new IllegalStateException("the launcher ended: " + output());
    }
    return output().contains(READY);
  }

  private String output() throws IOException {
    return Files.readString(data.resolve("launcher.out"));
  }

  @Override
  public List<URI> gateways() {
    return IntStream.rangeClosed(1, GATEWAYS)
        .mapToObj(i -> URI.create("http://127.0.0.1:" + (port + i)))
        .toList();
  }

  /** The balancer's address: what a browser has. */
  public URI balancer() {
    return URI.create("http://127.0.0.1:" + port);
  }

  @Override
  public String bootstrapServers() {
    return "127.0.0.1:" + (port + 100);
  }

  /** The pid of a part, empty while it does not run. */
  public OptionalLong pid(String part) {
    try (BufferedReader pids = Files.newBufferedReader(data.resolve("pids"))) {
      return pids.lines()
          .map(line -> line.split(" "))
          .filter(line -> line[0].equals(part))
          .mapToLong(line -> Long.parseLong(line[1]))
          .findFirst();
    } catch (IOException e) {
      throw new IllegalStateException("DATA/pids can't be read", e);
    }
  }

  /** Kills a part with -9; the launcher starts it again. */
  public void kill(String part) {
    long pid = pid(part).orElseThrow(() -> new IllegalStateException(part + " does not run"));
    ProcessHandle process =
        ProcessHandle.of(pid).orElseThrow(() -> new IllegalStateException(part + " is no process"));
    process.destroyForcibly();
    await(part + " is dead").atMost(Duration.ofSeconds(30)).until(() -> !process.isAlive());
  }

  /** Kills a part with -9 and keeps it from being started again until {@link #release}. */
  public void hold(String part) {
    try {
      Files.createDirectories(data.resolve("hold"));
      Files.writeString(data.resolve("hold").resolve(part), "");
    } catch (IOException e) {
      throw new IllegalStateException("no hold of " + part, e);
    }
    kill(part);
  }

  /** Lets a part come back, and returns when it serves. */
  public void release(String part) {
    try {
      Files.deleteIfExists(data.resolve("hold").resolve(part));
    } catch (IOException e) {
      throw new IllegalStateException("no release of " + part, e);
    }
    awaitReady(part);
  }

  /** Waits until a part serves. */
  public void awaitReady(String part) {
    try {
      await(part + " is back")
          .atMost(RESTART_LIMIT)
          .until(() -> pid(part).isPresent() && serves(part));
    } catch (ConditionTimeoutException e) {
      throw new IllegalStateException(
          part + " is not back; it runs as " + pid(part) + " and said last: " + lastWords(part), e);
    }
  }

  private String lastWords(String part) {
    try (Stream<String> lines = Files.lines(logs().resolve(part + ".log"))) {
      List<String> all = lines.toList();
      return String.join("\n", all.subList(Math.max(0, all.size() - LAST_LINES), all.size()));
    } catch (IOException | UncheckedIOException e) {
      return "nothing that can be read: " + e.getMessage();
    }
  }

  private boolean serves(String part) {
    int number = part.charAt(part.length() - 1) - '0';
    if (part.startsWith("edge-gateway-")) {
      return isReady(port + 200 + number);
    }
    if (part.startsWith("event-core-")) {
      return isReady(port + 110 + 2 * (number - 1) + 1);
    }
    return !FreePort.isFree(part.equals("kafka") ? port + 100 : port + 101);
  }

  private static boolean isReady(int healthPort) {
    try {
      HttpURLConnection health =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + healthPort + "/health/readiness")
                  .toURL()
                  .openConnection();
      health.setConnectTimeout(1_000);
      health.setReadTimeout(5_000);
      return health.getResponseCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** Where Redis is. */
  public URI redis() {
    return URI.create("redis://127.0.0.1:" + (port + 101));
  }

  /** Every part that runs, with its pid. */
  public Map<String, Long> pids() {
    try (Stream<String> pids = Files.lines(data.resolve("pids"))) {
      return pids.map(line -> line.split(" "))
          .collect(Collectors.toMap(line -> line[0], line -> Long.parseLong(line[1])));
    } catch (IOException e) {
      throw new IllegalStateException("DATA/pids can't be read", e);
    }
  }

  /** What every part has logged. */
  public Path logs() {
    return data.resolve("logs");
  }

  /** The directory of a part. */
  public Path directory(String part) {
    return data.resolve(part);
  }

  /** Removes a directory with all that is in it. */
  public static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  @Override
  public void close() throws Exception {
    List<ProcessHandle> children = launcher.descendants().toList();
    launcher.destroy();
    if (!launcher.waitFor(STOP_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
      launcher.destroyForcibly();
      throw new IllegalStateException("the launcher did not stop in " + STOP_LIMIT);
    }
    await("no process is left")
        .atMost(Duration.ofSeconds(30))
        .until(() -> children.stream().noneMatch(ProcessHandle::isAlive));
    delete(data);
  }
}
