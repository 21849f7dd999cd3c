package io.tailwater.ai;

import io.tailwater.service.Bounds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Reads keys that stand in files, as secrets of containers do. */
final class KeyFile {
  private KeyFile() {}

  /**
   * The key from a setting, or else from the file that another setting names; empty for none.
   *
   * @param prefix of both settings
   * @param setting the one that names the file
   */
  static String keyOf(String prefix, String setting, String key, String file) {
    if (file.isBlank()) {
      return key.strip();
    }
    String read = "";
    try {
      read = Files.readString(Path.of(file)).strip();
    } catch (IOException | InvalidPathException e) {
      // Refused below.
    }
    new Bounds(prefix)
        .require(!read.isEmpty(), setting, Bounds.quoted(file), "a readable file with the key");
    return read;
  }
}
