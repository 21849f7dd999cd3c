package io.tailwater.launcher.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Nobody but its owner reads what a platform keeps. */
final class DataDirectoryTest {
  private final Path folder;

  DataDirectoryTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void aNewDirectoryIsItsOwnersAlone() throws IOException {
    Path root = folder.resolve("one/two words");
    try (var data = DataDirectory.open(root)) {
      assertThat(mode(root)).isEqualTo("rwx------");
      assertThat(mode(data.of("logs"))).isEqualTo("rwx------");
      assertThat(mode(data.of("run"))).isEqualTo("rwx------");
      assertThat(mode(data.of("lock"))).isEqualTo("rw-------");
      String key = DevelopmentKey.ofDirectory(root, new SecureRandom());
      assertThat(mode(data.of("jwt-key"))).isEqualTo("rw-------");
      assertThat(DevelopmentKey.existing(root)).isEqualTo(key);
    }
  }

  @Test
  void oneThatOthersCouldReadIsClosedToThem() throws IOException {
    Path root = Files.createDirectory(folder.resolve("data"));
    for (int start = 0; start < 2; start++) {
      Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
      DataDirectory.open(root).close();
      assertThat(mode(root)).isEqualTo("rwx------");
    }
  }

  @Test
  void oneWithOtherFilesKeepsItsModeAndOurPartsAreClosed() throws IOException {
    Path root = Files.createDirectory(folder.resolve("shared"));
    Files.createFile(root.resolve("another"));
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    DataDirectory.open(root).close();
    assertThat(mode(root)).isEqualTo("rwxr-xr-x");
    assertThat(mode(root.resolve("logs"))).isEqualTo("rwx------");
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
