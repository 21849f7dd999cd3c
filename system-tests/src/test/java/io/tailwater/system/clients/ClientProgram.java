package io.tailwater.system.clients;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.Json;
import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * A Node process with many clients: it obeys commands, and reports to each reader what it was told.
 * Safe for any thread; reports come on one thread.
 */
public final class ClientProgram implements AutoCloseable {
  private static final String PROGRAMS = "system-tests/src/test/js/";

  private final Process process;
  private final BufferedWriter commands;
  private final Map<String, Consumer<JsonNode>> readers = new ConcurrentHashMap<>();

  private ClientProgram(Process process) {
    this.process = process;
    this.commands = process.outputWriter();
    Thread.ofVirtual()
        .name("client-program")
        .start(() -> process.inputReader().lines().forEach(this::report));
  }

  /**
   * Starts it.
   *
   * @param name of the program's file, without {@code .mjs}
   * @param arguments of the program
   */
  public static ClientProgram start(String name, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            Tools.node(name, Files.readString(Repository.path(PROGRAMS + name + ".mjs"))));
    command.addAll(List.of(arguments));
    return new ClientProgram(
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  private void report(String line) {
    JsonNode report = Json.tree(line);
    Consumer<JsonNode> reader = readers.get(report.path("reader").asText());
    if (reader != null) {
      reader.accept(report);
    }
  }

  /** From now on this consumer gets the reports of the reader with this name. */
  public void listen(String reader, Consumer<JsonNode> reports) {
    readers.put(reader, reports);
  }

  public void send(Map<String, ?> command) {
    synchronized (commands) {
      try {
        commands.write(Json.write(command));
        commands.newLine();
        commands.flush();
      } catch (IOException e) {
        throw new UncheckedIOException("the client program has ended", e);
      }
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }
}
