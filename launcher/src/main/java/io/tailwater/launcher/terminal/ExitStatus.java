package io.tailwater.launcher.terminal;

/** What the command's exit codes mean; {@code --help} lists them. */
public final class ExitStatus {
  /** Done. */
  public static final int DONE = 0;

  /** Could not be done here: no server, a taken port, a directory that can't be written. */
  public static final int FAILED = 1;

  /** The command line itself is wrong. */
  public static final int USAGE = 2;

  /** The server refused for good: trying again without a change won't help. */
  public static final int REFUSED = 3;

  /** The server could not say yet: the same command again may succeed, and adds nothing twice. */
  public static final int UNAVAILABLE = 4;

  /** The AI answer ended without being finished: it failed or was cancelled. */
  public static final int ANSWER_FAILED = 5;

  private ExitStatus() {}
}
