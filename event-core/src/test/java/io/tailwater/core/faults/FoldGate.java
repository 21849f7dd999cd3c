package io.tailwater.core.faults;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micronaut.context.annotation.Replaces;
import io.tailwater.core.fold.Gate;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;

/**
 * Guarded by its own lock: holds the fold back, so that a test has an instance that is behind. Open
 * and without delay until a test closes it.
 */
@Singleton
@Replaces(Gate.class)
public final class FoldGate implements Gate {
  private static final long MAX_WAIT_MS = 50;

  private final InstantSource clock = InstantSource.system();

  @GuardedBy("this")
  private Duration delay = Duration.ZERO;

  @GuardedBy("this")
  private boolean paused;

  @GuardedBy("this")
  private boolean released;

  /** From now on, records are folded this much later than they were written. */
  public synchronized void delay(Duration newDelay) {
    delay = newDelay;
    notifyAll();
  }

  /** From now on, nothing is folded. */
  public synchronized void pause() {
    paused = true;
  }

  /** Folds again, without delay. */
  public synchronized void open() {
    paused = false;
    delay = Duration.ZERO;
    notifyAll();
  }

  @Override
  public synchronized void pass(long writtenMs) {
    while (!released && (paused || isEarly(writtenMs))) {
      try {
        wait(MAX_WAIT_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  @GuardedBy("this")
  private boolean isEarly(long writtenMs) {
    return delay.isPositive() && clock.millis() < writtenMs + delay.toMillis();
  }

  @Override
  public synchronized void release() {
    released = true;
    notifyAll();
  }
}
