package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A shell command as a person would type it at the top of the repository, still running or not. */
final class Tool implements AutoCloseable {
  private static final long LIMIT_SECONDS = 300;

  private final String command;
  private final Process process;
  private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  private final List<String> seen = new ArrayList<>();

  private Tool(String command, Process process) {
    this.command = command;
    this.process = process;
    Thread.ofVirtual().start(this::read);
  }

  /** Starts a command; {@code ./tailwater} in it is what this build has made. */
  static Tool start(String command, Map<String, String> environment) throws IOException {
    Path module = Path.of("").toAbsolutePath();
    var all = new HashMap<>(environment);
    all.put("TAILWATER_CLASSPATH", classPath(module));
    return startIn(module.resolveSibling(".").normalize(), command, all);
  }

  /** Starts a command in another directory; {@code ./tailwater} in it is whatever is there. */
  static Tool startIn(Path directory, String command, Map<String, String> environment)
      throws IOException {
    var builder =
        // Whoever started the tests in the background may have left SIGINT ignored, for all below.
        new ProcessBuilder("env", "--default-signal=INT", "bash", "-c", "exec " + command)
            .directory(directory.toFile())
            .redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().putAll(environment);
    return new Tool(command, builder.start());
  }

  /** The launcher's jar and what it depends on, without the tests. */
  static String classPath(Path module) throws IOException {
    try (Stream<Path> files = Files.list(module.resolve("target"))) {
      Path jar =
          files
              .filter(file -> file.getFileName().toString().matches("launcher-[0-9].*\\.jar"))
              .findFirst()
              .orElseThrow();
      return jar + ":" + Files.readString(module.resolve("target/class-path")).strip();
    }
  }

  private void read() {
    try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
      output.lines().forEach(lines::add);
    } catch (IOException | UncheckedIOException e) {
      // The end of the process.
    }
  }

  /** Waits for a line that begins so, and returns it. */
  String awaitLine(String prefix) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (System.nanoTime() < deadline) {
      String line = lines.poll(100, TimeUnit.MILLISECONDS);
      if (line != null) {
        seen.add(line);
        if (line.startsWith(prefix)) {
          return line;
        }
      } else if (!process.isAlive() && lines.isEmpty()) {
        break;
      }
    }
    throw new AssertionError(
        "no '" + prefix + "' from: " + command + "\n" + String.join("\n", seen));
  }

  /**
   * Waits for its end, checks its exit code and returns everything it printed that was not taken
   * yet.
   */
  List<String> awaitEnd(int exitCode) throws InterruptedException {
    List<String> rest = awaitEnd();
    assertThat(process.exitValue())
        .as(command + "\n" + String.join("\n", rest))
        .isEqualTo(exitCode);
    return rest;
  }

  /** Waits for its end and returns everything it printed that was not taken yet. */
  List<String> awaitEnd() throws InterruptedException {
    assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).as(command).isTrue();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
    var rest = new ArrayList<String>();
    while (rest.isEmpty() && System.nanoTime() < deadline) {
      String line = lines.poll(100, TimeUnit.MILLISECONDS);
      while (line != null) {
        rest.add(line);
        line = lines.poll(100, TimeUnit.MILLISECONDS);
      }
    }
    return rest;
  }

  Tool type(String text) throws IOException {
    try (Writer input = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8)) {
      input.write(text);
    }
    return this;
  }

  /** As Ctrl-C does. */
  void interrupt() throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
  }

  Process process() {
    return process;
  }

  @Override
  public void close() throws InterruptedException {
    List<ProcessHandle> children = process.descendants().toList();
    process.destroy();
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      children.forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
  }
}
