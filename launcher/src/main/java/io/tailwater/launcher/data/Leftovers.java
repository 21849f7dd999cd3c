package io.tailwater.launcher.data;

import io.tailwater.launcher.terminal.LaunchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Processes of a platform whose supervisor was killed. They end by themselves within seconds; one
 * that is started again at once on the same directory does not wait for that.
 */
public final class Leftovers {
  private Leftovers() {}

  /**
   * Kills them. To be called by the holder of the directory's lock, so that none of them has an
   * owner.
   */
  public static void end(DataDirectory data) {
    Path pids = data.of("pids");
    try {
      if (Files.exists(pids)) {
        Files.readAllLines(pids).forEach(line -> end(line, data));
        Files.deleteIfExists(pids);
      }
    } catch (IOException e) {
      throw new LaunchException("The file " + pids + " can't be read; delete it.");
    }
  }

  private static void end(String line, DataDirectory data) {
    List<String> words = List.of(line.split(" "));
    if (words.size() != 2 || !words.get(1).matches("[0-9]{1,18}")) {
      return;
    }
    Optional<ProcessHandle> process = ProcessHandle.of(Long.parseLong(words.get(1)));
    // The number may be another process's by now.
    if (process.isPresent() && isOurs(process.get(), data)) {
      process.get().destroyForcibly();
      process.get().onExit().completeOnTimeout(process.get(), 5, TimeUnit.SECONDS).join();
    }
  }

  private static boolean isOurs(ProcessHandle process, DataDirectory data) {
    return process.info().commandLine().orElse("").contains("-Dtailwater.log=" + data.root());
  }
}
