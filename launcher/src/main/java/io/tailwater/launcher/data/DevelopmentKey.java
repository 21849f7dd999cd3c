package io.tailwater.launcher.data;

import io.tailwater.launcher.terminal.LaunchException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * The secret that this data directory's gateways verify tokens with (HS256); made once, readable by
 * its owner only.
 */
public final class DevelopmentKey {
  private static final int BYTES = 32;

  private DevelopmentKey() {}

  /** The key of this directory, made if there is none yet. Base64url. */
  public static String ofDirectory(Path data, SecureRandom random) {
    Path file = file(data);
    try {
      if (!Files.exists(file)) {
        byte[] secret = new byte[BYTES];
        random.nextBytes(secret);
        WholeFile.replacePrivate(
            file, Base64.getUrlEncoder().withoutPadding().encodeToString(secret) + "\n");
      }
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new LaunchException("The development key " + file + " can't be read or written.");
    }
  }

  /**
   * The key of a directory that has been used.
   *
   * @throws LaunchException if there is none
   */
  public static String existing(Path data) {
    Path file = file(data);
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new LaunchException(
          "There is no development key in "
              + data.toAbsolutePath().normalize()
              + ": './tailwater up' makes it when it starts; with another directory, name it with --data.");
    }
  }

  private static Path file(Path data) {
    return data.resolve("jwt-key");
  }
}
