package io.tailwater.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.opentest4j.TestAbortedException;

/**
 * Programs of others that tests run. Where one is missing, its tests are skipped and say what to
 * install; under {@code -Pbrowser}, as CI runs them, they fail.
 */
public final class Tools {
  private static final boolean REQUIRED = Boolean.getBoolean("tailwater.tools.required");
  private static final Path PACKAGES = Path.of("src", "test", "npm");
  private static final String LOCK = "package-lock.json";
  private static final Path NPM = Path.of("target", "npm");
  private static final long INSTALL_SECONDS = 300;
  private static final long ASK_SECONDS = 60;

  private Tools() {}

  /** The command of a program that has to answer to these arguments. */
  public static void require(String install, String... command) {
    if (succeeds(command)) {
      return;
    }
    String message = "this test needs " + install + ": " + String.join(" ", command) + " failed";
    if (REQUIRED) {
      throw new IllegalStateException(message);
    }
    System.out.println("skipped: " + message);
    throw new TestAbortedException(message);
  }

  /** Whether a program is there, and ends in time and well with these arguments. */
  public static boolean succeeds(String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor(ASK_SECONDS, TimeUnit.SECONDS)) {
        return process.exitValue() == 0;
      }
      process.destroyForcibly();
    } catch (IOException e) {
      // It is not there.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  /** A Node program that may use the npm packages of these tests; its command. */
  public static List<String> node(String name, String script)
      throws IOException, InterruptedException {
    require("node (Debian: nodejs)", "node", "--version");
    install();
    Path file = NPM.resolve(name + ".mjs");
    Files.writeString(file, script);
    return List.of("node", file.toString());
  }

  /**
   * Runs npm in a directory; what it printed.
   *
   * @throws IllegalStateException with all that it printed, if it fails
   */
  public static synchronized String npm(Path directory, String... arguments)
      throws IOException, InterruptedException {
    require("node (Debian: nodejs)", "node", "--version");
    require("npm (Debian: npm)", "npm", "--version");
    List<String> command = new ArrayList<>(List.of("npm"));
    command.addAll(List.of(arguments));
    Path printed = Files.createTempFile("tailwater-npm-", ".out");
    Process npm =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile())
            .start();
    boolean ended = npm.waitFor(INSTALL_SECONDS, TimeUnit.SECONDS);
    npm.destroyForcibly();
    String output = Files.readString(printed);
    Files.delete(printed);
    if (!ended || npm.exitValue() != 0) {
      throw new IllegalStateException(String.join(" ", command) + " failed: " + output);
    }
    return output;
  }

  /** Installs the packages of the lock file once into the build's own directory. */
  private static synchronized void install() throws IOException, InterruptedException {
    String lock = Files.readString(PACKAGES.resolve(LOCK));
    Path installed = NPM.resolve("installed.json");
    if (Files.exists(installed) && Files.readString(installed).equals(lock)) {
      return;
    }
    require("npm (Debian: npm)", "npm", "--version");
    Files.createDirectories(NPM);
    Files.writeString(NPM.resolve(LOCK), lock);
    Files.writeString(
        NPM.resolve("package.json"), Files.readString(PACKAGES.resolve("package.json")));
    Process npm =
        new ProcessBuilder("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
            .directory(NPM.toFile())
            .redirectErrorStream(true)
            .redirectOutput(NPM.resolve("npm.out").toFile())
            .start();
    if (!npm.waitFor(INSTALL_SECONDS, TimeUnit.SECONDS) || npm.exitValue() != 0) {
      npm.destroyForcibly();
      throw new IllegalStateException(
          "npm could not install the packages of "
              + PACKAGES
              + ": "
              + Files.readString(NPM.resolve("npm.out")));
    }
    Files.writeString(installed, lock);
  }
}
