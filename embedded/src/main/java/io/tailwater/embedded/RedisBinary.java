package io.tailwater.embedded;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Finds a Redis server program: one on the PATH, else the one that the embedded-redis jar carries.
 */
final class RedisBinary {
  private RedisBinary() {}

  /**
   * @throws IOException if there is none for this system, or it can't be unpacked
   */
  static Path find() throws IOException {
    Optional<Path> installed = onPath();
    return installed.isPresent() ? installed.get() : unpacked();
  }

  private static Optional<Path> onPath() {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.of(path.split(File.pathSeparator))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, "redis-server"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Unpacked once for a user, and moved into place whole, so that two starting at once don't meet.
   */
  private static Path unpacked() throws IOException {
    String name = carriedName();
    Path target = cacheFolder().resolve(name);
    if (Files.isExecutable(target)) {
      return target;
    }
    Files.createDirectories(target.getParent());
    try (InputStream binary = RedisBinary.class.getResourceAsStream("/" + name)) {
      if (binary == null) {
        throw new IOException("no Redis for this system; install redis-server");
      }
      Path whole = Files.createTempFile(target.getParent(), name, ".tmp");
      Files.copy(binary, whole, StandardCopyOption.REPLACE_EXISTING);
      Files.setPosixFilePermissions(whole, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.move(
          whole, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
    return target;
  }

  private static Path cacheFolder() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path base =
        cache == null || cache.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(cache);
    return base.resolve("tailwater");
  }

  private static String carriedName() throws IOException {
    String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    if (os.contains("linux")) {
      return arm ? "redis-server-6.2.7-linux-arm64" : "redis-server-6.2.6-v5-linux-amd64";
    }
    if (os.contains("mac")) {
      return arm ? "redis-server-6.2.6-v5-darwin-arm64" : "redis-server-6.2.6-v5-darwin-amd64";
    }
    throw new IOException("no Redis for " + os + "; install redis-server");
  }
}
