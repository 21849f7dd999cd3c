package io.tailwater.system.foreign;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A client of others, in a process of its own. Its program prints a line for each event, its data,
 * and in angle brackets what else it is told: {@code <live>}, {@code <reset>}, {@code <end>}.
 */
final class ForeignClient implements AutoCloseable {
  private final Process process;
  private final List<String> lines = new CopyOnWriteArrayList<>();

  private ForeignClient(Process process) {
    this.process = process;
    Thread.ofVirtual()
        .name("foreign-client")
        .start(() -> process.inputReader().lines().forEach(lines::add));
  }

  static ForeignClient start(List<String> command, String... arguments) throws IOException {
    List<String> whole = new ArrayList<>(command);
    whole.addAll(List.of(arguments));
    return new ForeignClient(
        new ProcessBuilder(whole).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  /** All lines so far. */
  List<String> lines() {
    return List.copyOf(lines);
  }

  /** The data of the events so far. */
  List<String> events() {
    return lines.stream().filter(line -> !line.startsWith("<")).toList();
  }

  /** How often it was told this. */
  long count(String note) {
    return lines.stream().filter(note::equals).count();
  }

  @Override
  public void close() throws InterruptedException {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().waitFor();
  }
}
