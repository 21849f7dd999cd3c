package io.tailwater.launcher;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The directory that holds everything which outlives a start: Kafka's log, the services' derived
 * state, the development key, logs. Used by one platform at a time: whoever holds the lock.
 */
final class DataDirectory implements AutoCloseable {
  private final Path root;
  private final FileChannel lockFile;

  private DataDirectory(Path root, FileChannel lockFile) {
    this.root = root;
    this.lockFile = lockFile;
  }

  /**
   * The directory if none is named: {@code data} beside the command, else in the current directory.
   */
  static Path usual() {
    String chosen = System.getenv("TAILWATER_DATA");
    if (chosen != null && !chosen.isEmpty()) {
      return Path.of(chosen);
    }
    String home = System.getProperty("tailwater.home");
    return home == null ? Path.of("data") : Path.of(home, "data");
  }

  /**
   * Makes it if it is missing, and takes it for this process.
   *
   * @throws LaunchException if it can't be written or another platform uses it
   */
  static DataDirectory open(Path chosen) {
    Path root = chosen.toAbsolutePath().normalize();
    FileChannel lockFile = openLock(root);
    if (lock(lockFile) == null) {
      closeQuietly(lockFile);
      throw new LaunchException(
          "The data directory "
              + root
              + " is in use by another tailwater; stop that one or choose another directory with --data.");
    }
    return new DataDirectory(root, lockFile);
  }

  private static FileChannel openLock(Path root) {
    try {
      Files.createDirectories(root.resolve("logs"));
      Files.createDirectories(root.resolve("run"));
      return FileChannel.open(
          root.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new LaunchException(
          "The data directory "
              + root
              + " can't be written ("
              + e.getClass().getSimpleName().replace("Exception", "")
              + "); choose another with --data.");
    }
  }

  private static @Nullable FileLock lock(FileChannel file) {
    try {
      return file.tryLock();
    } catch (IOException | OverlappingFileLockException e) {
      return null;
    }
  }

  /** A directory of one part, by its name. */
  Path of(String part) {
    return root.resolve(part);
  }

  Path root() {
    return root;
  }

  /** Where a part logs to. */
  Path log(String part) {
    return root.resolve("logs").resolve(part + ".log");
  }

  @Override
  public void close() {
    closeQuietly(lockFile);
  }

  private static void closeQuietly(FileChannel file) {
    try {
      file.close();
    } catch (IOException e) {
      // The lock ends with the process at the latest.
    }
  }
}
