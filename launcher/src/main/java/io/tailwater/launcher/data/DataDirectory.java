package io.tailwater.launcher.data;

import io.tailwater.launcher.terminal.LaunchException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The directory that holds everything which outlives a start: Kafka's log, the services' derived
 * state, the development key, logs. Used by one platform at a time: whoever holds the lock.
 */
public final class DataDirectory implements AutoCloseable {
  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Path root;
  private final FileChannel lockFile;

  private DataDirectory(Path root, FileChannel lockFile) {
    this.root = root;
    this.lockFile = lockFile;
  }

  /**
   * The directory if none is named: {@code data} beside the command, else in the current directory.
   */
  public static Path usual() {
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
  public static DataDirectory open(Path chosen) {
    Path root = chosen.toAbsolutePath().normalize();
    refuseSigns(root);
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
      own(root);
      for (String part : List.of("logs", "run")) {
        Files.createDirectories(root.resolve(part), OWNER_ONLY);
        Files.setPosixFilePermissions(root.resolve(part), OWNER_ONLY.value());
      }
      return FileChannel.open(
          root.resolve("lock"),
          Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } catch (IOException e) {
      throw new LaunchException(
          "The data directory "
              + root
              + " can't be written ("
              + e.getClass().getSimpleName().replace("Exception", "")
              + "); choose another with --data.");
    }
  }

  /**
   * Some signs of a path mean something else to Kafka or to the log files, and cannot be quoted.
   */
  private static void refuseSigns(Path root) {
    for (String sign : List.of(",", "%")) {
      if (root.toString().contains(sign)) {
        throw new LaunchException(
            "The data directory "
                + root
                + " has a '"
                + sign
                + "' in its path, which is not possible; choose another with --data.");
      }
    }
  }

  /**
   * Makes the directory its owner's alone: it holds events, keys and logs. One that has files of
   * others stays as it is.
   */
  private static void own(Path root) throws IOException {
    Files.createDirectories(root, OWNER_ONLY);
    boolean ours = Files.exists(root.resolve("lock"));
    if (!ours) {
      try (Stream<Path> files = Files.list(root)) {
        ours = files.findAny().isEmpty();
      }
    }
    if (ours) {
      Files.setPosixFilePermissions(root, OWNER_ONLY.value());
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
  public Path of(String part) {
    return root.resolve(part);
  }

  public Path root() {
    return root;
  }

  /** Where a part logs to. */
  public Path log(String part) {
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
