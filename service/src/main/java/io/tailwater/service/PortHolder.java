package io.tailwater.service;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Names the process that holds a TCP port of this machine, so that a person can stop it or choose
 * another port. Linux only; elsewhere nobody is found.
 */
public final class PortHolder {
  private static final Path PROC = Path.of("/proc");
  private static final List<String> TABLES = List.of("net/tcp", "net/tcp6");
  private static final String LISTENING = "0A";
  // Columns of /proc/net/tcp.
  private static final int LOCAL = 1;
  private static final int STATE = 3;
  private static final int USER = 7;
  private static final int INODE = 9;

  private PortHolder() {}

  /**
   * The holder in words, for instance {@code nginx (process 123)}. Without the right to see it, its
   * user: {@code a process of user 0}. Empty if there is no holder, or none can be found.
   */
  public static Optional<String> of(int port) {
    List<Entry> entries = TABLES.stream().flatMap(table -> entries(table, port)).toList();
    // A server first: connections to it have the same port.
    List<Entry> servers = entries.stream().filter(Entry::listens).toList();
    List<Entry> holders = servers.isEmpty() ? entries : servers;
    return process(holders.stream().map(Entry::link).collect(Collectors.toSet()))
        .or(() -> holders.stream().findFirst().map(entry -> "a process of user " + entry.user()));
  }

  /** The same for a sentence: {@code another program} if nobody is found. */
  public static String named(int port) {
    return of(port).orElse("another program");
  }

  private record Entry(boolean listens, String user, String inode) {
    /** What a file descriptor of this socket links to. */
    String link() {
      return "socket:[" + inode + "]";
    }
  }

  private static Stream<Entry> entries(String table, int port) {
    String suffix = ":%04X".formatted(port);
    try {
      return Files.readAllLines(PROC.resolve(table)).stream()
          .map(line -> line.strip().split("\\s+"))
          .filter(columns -> columns.length > INODE && columns[LOCAL].endsWith(suffix))
          .map(
              columns -> new Entry(columns[STATE].equals(LISTENING), columns[USER], columns[INODE]))
          // A connection that its process has closed belongs to nobody.
          .filter(entry -> !entry.inode().equals("0"));
    } catch (IOException e) {
      return Stream.empty();
    }
  }

  private static Optional<String> process(Set<String> links) {
    if (links.isEmpty()) {
      return Optional.empty();
    }
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
      for (Path process : processes) {
        if (holds(process, links)) {
          return Optional.of(name(process) + " (process " + process.getFileName() + ")");
        }
      }
    } catch (IOException e) {
      // Not Linux.
    }
    return Optional.empty();
  }

  private static boolean holds(Path process, Set<String> links) {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : descriptors) {
        if (links.contains(target(descriptor))) {
          return true;
        }
      }
    } catch (IOException e) {
      // Another user's process, or one that has just ended.
    }
    return false;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return "";
    }
  }

  private static String name(Path process) {
    try {
      return Files.readString(process.resolve("comm")).strip();
    } catch (IOException e) {
      return "a program";
    }
  }
}
