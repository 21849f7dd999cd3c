package io.tailwater.launcher.platform;

import java.nio.file.Path;
import java.util.logging.LogManager;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Where log lines go: to one file for each process, never to the console. */
public final class Logs {
  private Logs() {}

  /** Names this process's log file. To be called before anything logs. */
  public static void to(Path file) {
    System.setProperty("tailwater.log", file.toString());
    bridge();
  }

  /** Sends what libraries log through java.util.logging the same way. */
  static void bridge() {
    LogManager.getLogManager().reset();
    SLF4JBridgeHandler.install();
  }
}
