package io.tailwater.launcher;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.parallel.Resources;

/** What a command printed, and its exit code. */
record Outcome(int exitCode, String out, String err) {
  /** What a class of tests that runs commands has to have for itself. */
  static final String STANDARD_STREAMS = Resources.SYSTEM_OUT;

  /** Runs a command in this JVM, with the standard streams for itself. */
  static Outcome of(String... args) {
    PrintStream standardOut = System.out;
    PrintStream standardErr = System.err;
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    try {
      System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
      System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
      int exitCode = Tailwater.run(args);
      return new Outcome(
          exitCode, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(standardOut);
      System.setErr(standardErr);
    }
  }
}
