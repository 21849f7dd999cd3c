package io.tailwater.launcher.data;

import io.tailwater.launcher.terminal.LaunchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code DATA/platform}: how commands find the platform that runs with a data directory. Immutable.
 *
 * @param pid of the process that {@code up} is
 * @param sinceMs when that process started, so that a later one with its number is not taken for it
 * @param port the platform's port
 * @param healthPorts the ports of health and metrics, by the names of the services
 */
public record RunningPlatform(long pid, long sinceMs, int port, Map<String, Integer> healthPorts) {
  private static final String FILE = "platform";

  /** This process. */
  public static RunningPlatform here(int port, Map<String, Integer> healthPorts) {
    ProcessHandle own = ProcessHandle.current();
    return new RunningPlatform(own.pid(), since(own), port, healthPorts);
  }

  /** Leaves it in the directory. */
  public void write(DataDirectory data) {
    StringBuilder text = new StringBuilder();
    text.append("pid ").append(pid).append('\n');
    text.append("since ").append(sinceMs).append('\n');
    text.append("port ").append(port).append('\n');
    healthPorts.forEach((name, at) -> text.append(name).append(' ').append(at).append('\n'));
    try {
      WholeFile.replacePublic(data.of(FILE), text.toString());
    } catch (IOException e) {
      throw new LaunchException("The file " + data.of(FILE) + " can't be written.");
    }
  }

  /**
   * The platform that runs with this directory.
   *
   * @throws LaunchException if none does
   */
  public static RunningPlatform find(Path data) {
    Path root = data.toAbsolutePath().normalize();
    try {
      RunningPlatform found = parse(Files.readAllLines(root.resolve(FILE)));
      if (found.process().isPresent()) {
        return found;
      }
    } catch (NoSuchFileException e) {
      // None was started, or it was stopped in order.
    } catch (IOException | IllegalArgumentException e) {
      throw new LaunchException("The file " + root.resolve(FILE) + " can't be read; delete it.");
    }
    throw none(root);
  }

  private static LaunchException none(Path root) {
    return new LaunchException(
        "No platform runs with the data directory "
            + root
            + "; './tailwater up' starts one, --data names another directory.");
  }

  private static RunningPlatform parse(List<String> lines) {
    Map<String, Long> values = new LinkedHashMap<>();
    for (String line : lines) {
      int space = line.indexOf(' ');
      values.put(line.substring(0, Math.max(0, space)), Long.valueOf(line.substring(space + 1)));
    }
    long pid = take(values, "pid");
    long since = take(values, "since");
    int port = (int) take(values, "port");
    Map<String, Integer> healthPorts = new LinkedHashMap<>();
    values.forEach((name, at) -> healthPorts.put(name, at.intValue()));
    return new RunningPlatform(pid, since, port, healthPorts);
  }

  private static long take(Map<String, Long> values, String name) {
    Long value = values.remove(name);
    if (value == null) {
      throw new IllegalArgumentException("no " + name);
    }
    return value;
  }

  /** The process of {@code up}; empty if it has ended. */
  public Optional<ProcessHandle> process() {
    return ProcessHandle.of(pid).filter(process -> process.isAlive() && since(process) == sinceMs);
  }

  private static long since(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  /** Removes the file: the platform stops. */
  public static void remove(DataDirectory data) {
    try {
      Files.deleteIfExists(data.of(FILE));
    } catch (IOException e) {
      // It names a process that has ended, so nobody is misled.
    }
  }
}
