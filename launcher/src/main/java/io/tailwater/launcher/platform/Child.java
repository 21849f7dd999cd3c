package io.tailwater.launcher.platform;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One supervised process, through all its restarts. Confined to the supervisor's thread. */
final class Child {
  // Restarts are due within two seconds of a death, however often it dies.
  private static final long FIRST_DELAY_MS = 150;
  private static final long MOST_DELAY_MS = 1_200;
  private static final long MOST_OUTPUT_BYTES = 1 << 20;
  private static final Duration STEADY = Duration.ofSeconds(10);

  private final ChildSpec spec;
  private @Nullable Process process;
  private long startedNanos;
  private long delayMs = FIRST_DELAY_MS;
  private boolean announced;
  // Written by the supervisor's thread, read by the one that waits for the start.
  private volatile boolean failed;

  Child(ChildSpec spec) {
    this.spec = spec;
  }

  ChildSpec spec() {
    return spec;
  }

  /** Starts it, or starts it again. */
  Process start(long nowNanos) throws IOException {
    startedNanos = nowNanos;
    var builder = new ProcessBuilder(spec.command()).redirectErrorStream(true);
    builder.environment().putAll(spec.environment());
    File output = spec.output().toFile();
    Process started =
        builder
            .redirectOutput(
                output.length() < MOST_OUTPUT_BYTES
                    ? Redirect.appendTo(output)
                    : Redirect.to(output))
            .start();
    process = started;
    return started;
  }

  /**
   * How long to wait before starting it again, in milliseconds: longer if it dies at once again and
   * again.
   */
  long delayAfterDeath(long nowNanos) {
    boolean steady = nowNanos - startedNanos > STEADY.toNanos();
    delayMs = steady ? FIRST_DELAY_MS : Math.min(delayMs * 2, MOST_DELAY_MS);
    return delayMs;
  }

  boolean wasAnnounced() {
    return announced;
  }

  void markAnnounced() {
    announced = true;
  }

  /** It ended before it was ever ready. */
  void markFailed() {
    failed = true;
  }

  boolean hasFailed() {
    return failed;
  }

  void terminate() {
    if (process != null) {
      process.destroy();
    }
  }

  /** Waits for its end, and kills it if it takes too long. */
  void awaitEnd(Duration limit) throws InterruptedException {
    if (process != null && !process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
