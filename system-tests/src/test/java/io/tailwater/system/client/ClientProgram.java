package io.tailwater.system.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.Json;
import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * A Node process with many clients: it obeys commands, and reports to each reader what it was told.
 * Safe for any thread; reports come on one thread.
 */
final class ClientProgram implements AutoCloseable {
  private static final String PROGRAM = "system-tests/src/test/js/readers.mjs";
  private static final String CLIENT = "client-js/dist/client.js";

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

  static ClientProgram start() throws IOException, InterruptedException {
    List<String> command = Tools.node("readers", Files.readString(Repository.path(PROGRAM)));
    return new ClientProgram(
        new ProcessBuilder(
                command.getFirst(), command.getLast(), Repository.path(CLIENT).toUri().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start());
  }

  private void report(String line) {
    JsonNode report = Json.tree(line);
    Consumer<JsonNode> reader = readers.get(report.path("reader").asText());
    if (reader != null) {
      reader.accept(report);
    }
  }

  /** From now on this consumer gets the reports of the reader with this name. */
  void listen(String reader, Consumer<JsonNode> reports) {
    readers.put(reader, reports);
  }

  void send(Map<String, ?> command) {
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
