package io.tailwater.launcher;

/** The command can't do its work. The message is one sentence for the person who typed it. */
final class LaunchException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final int exitCode;

  /** Ends the command with {@link ExitStatus#FAILED}. */
  LaunchException(String sentence) {
    this(ExitStatus.FAILED, sentence);
  }

  LaunchException(int exitCode, String sentence) {
    super(sentence);
    this.exitCode = exitCode;
  }

  int exitCode() {
    return exitCode;
  }
}
