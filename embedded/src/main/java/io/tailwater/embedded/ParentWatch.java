package io.tailwater.embedded;

import java.io.IOException;
import java.io.InputStream;

/**
 * Ends a child process whose parent is gone, even if the parent was killed with -9: the parent
 * holds the other end of the child's standard input and never writes to it, and the kernel closes
 * that end with the parent. The same on every system, at once, and without asking who the parent
 * is.
 */
public final class ParentWatch {
  /** Exit status of a process that ended because its parent did. */
  public static final int PARENT_GONE = 143;

  private ParentWatch() {}

  /**
   * Exits this JVM (its shutdown hooks run, for at most 10 seconds) at the end of standard input.
   * To be called only in a process whose parent gave it a pipe and keeps it open.
   */
  public static void exitAtEndOfInput() {
    Thread.ofPlatform().name("parent-watch").daemon().start(() -> waitForEnd(System.in));
  }

  private static void waitForEnd(InputStream input) {
    try {
      while (input.read() >= 0) {
        // What is written has no meaning; only the end has.
      }
    } catch (IOException e) {
      // A pipe that can't be read is a parent that is gone.
    }
    Thread.ofPlatform().name("parent-watch-halt").daemon().start(ParentWatch::haltLater);
    System.exit(PARENT_GONE);
  }

  /** A shutdown hook that hangs must not keep an orphan alive. */
  private static void haltLater() {
    try {
      Thread.sleep(10_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(PARENT_GONE);
  }
}
