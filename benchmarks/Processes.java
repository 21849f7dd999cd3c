import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;

/** The processes of a platform, as its data directory names them. */
final class Processes {
  private final Map<String, Long> pids;

  private Processes(Map<String, Long> pids) {
    this.pids = pids;
  }

  /** Of the platform with this data directory. */
  static Processes of(String data) throws IOException {
    return new Processes(
        Files.readAllLines(Path.of(data, "pids")).stream()
            .map(line -> line.split(" "))
            .collect(Collectors.toMap(words -> words[0], words -> Long.valueOf(words[1]))));
  }

  /** The process id of a service, such as {@code event-core-1}. */
  long pid(String name) {
    return pids.get(name);
  }

  /** User and system time of a service until now, ns; in steps of 10 ms. */
  long cpuNanos(String name) throws IOException {
    String stat = Files.readString(Path.of("/proc", Long.toString(pid(name)), "stat"));
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) * 10_000_000L;
  }
}
