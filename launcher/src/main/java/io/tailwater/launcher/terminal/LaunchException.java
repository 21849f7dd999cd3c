package io.tailwater.launcher.terminal;

import io.tailwater.service.PortHolder;

/** The command can't do its work. The message is one sentence for the person who typed it. */
public final class LaunchException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int exitCode;

  /** Ends the command with {@link ExitStatus#FAILED}. */
  public LaunchException(String sentence) {
    this(ExitStatus.FAILED, sentence);
  }

  public LaunchException(int exitCode, String sentence) {
    super(sentence);
    this.exitCode = exitCode;
  }

  public int exitCode() {
    return exitCode;
  }

  /**
   * A port that is in use, with the program that has it.
   *
   * @param part of the platform, which was to listen there
   */
  public static LaunchException portTaken(int port, String part) {
    return new LaunchException(
        "Port %d is taken by %s, and %s needs it: stop that program, or choose other ports with --port."
            .formatted(port, PortHolder.named(port), part));
  }
}
