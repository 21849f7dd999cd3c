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
  private static final List<String> PACKAGES = List.of("eventsource@3.0.7", "ws@8.23.0");
  private static final Path NPM = Path.of("target", "npm");
  private static final long INSTALL_SECONDS = 120;
  private static final long ASK_SECONDS = 60;

  private Tools() {}

  /** The command of a program that has to answer to these arguments. */
  public static void require(String install, String... command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (process.waitFor(ASK_SECONDS, TimeUnit.SECONDS) && process.exitValue() == 0) {
        return;
      }
      process.destroyForcibly();
    } catch (IOException e) {
      // It is not there, as said below.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    String message = "this test needs " + install + ": " + String.join(" ", command) + " failed";
    if (REQUIRED) {
      throw new IllegalStateException(message);
    }
    System.out.println("skipped: " + message);
    throw new TestAbortedException(message);
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

  /** Installs the packages once into the build's own directory. */
  private static synchronized void install() throws IOException, InterruptedException {
    Path done = NPM.resolve(String.join(" ", PACKAGES));
    if (Files.exists(done)) {
      return;
    }
    require("npm (Debian: npm)", "npm", "--version");
    Files.createDirectories(NPM);
    Files.writeString(NPM.resolve("package.json"), "{\"private\":true}");
    List<String> command = new ArrayList<>(List.of("npm", "install"));
    command.addAll(List.of("--no-audit", "--no-fund"));
    command.addAll(PACKAGES);
    Process npm =
        new ProcessBuilder(command)
            .directory(NPM.toFile())
            .redirectErrorStream(true)
            .redirectOutput(NPM.resolve("npm.out").toFile())
            .start();
    if (!npm.waitFor(INSTALL_SECONDS, TimeUnit.SECONDS) || npm.exitValue() != 0) {
      npm.destroyForcibly();
      throw new IllegalStateException(
          "npm could not install " + PACKAGES + ": " + Files.readString(NPM.resolve("npm.out")));
    }
    Files.createFile(done);
  }
}
