package io.tailwater.system.platform;

import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The commands of a Docker engine, run in the repository's root. */
public final class Docker {
  /** How long an image may be built: the first one holds the build of everything. */
  public static final Duration BUILD_LIMIT = Duration.ofMinutes(20);

  /** For every other command. */
  public static final Duration LIMIT = Duration.ofMinutes(4);

  private Docker() {}

  /** Whether an engine answers. */
  public static boolean isPossible() {
    return Tools.succeeds("docker", "info");
  }

  /** Whether the images are to be taken as they are: {@code -Dtailwater.compose.built=true}. */
  public static boolean isBuilt() {
    return Boolean.getBoolean("tailwater.compose.built");
  }

  /** Runs {@code docker} with these arguments. What it printed. */
  public static String docker(String... arguments) {
    return run(LIMIT, Map.of(), Stream.concat(Stream.of("docker"), Stream.of(arguments)).toList());
  }

  /**
   * Runs a command. What it printed.
   *
   * @throws IllegalStateException if it fails, or takes longer than the limit
   */
  public static String run(Duration limit, Map<String, String> environment, List<String> command) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(Repository.path(".").toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().putAll(environment);
    try {
      Process process = builder.start();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IllegalStateException(String.join(" ", command) + " failed: " + output);
      }
      return output;
    } catch (IOException e) {
      throw new IllegalStateException(String.join(" ", command), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
