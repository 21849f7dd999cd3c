package io.tailwater.core;

import jakarta.inject.Singleton;
import java.time.Duration;
import java.time.InstantSource;

/**
 * Holds the fold back, so that tests can have an instance that is behind. Open and without delay
 * unless a test says otherwise; there is no configuration for it.
 */
@Singleton
public final class FoldGate {
  private static final long LONGEST_LOOK_MS = 50;

  private final InstantSource clock = InstantSource.system();
  private Duration delay = Duration.ZERO;
  private boolean paused;
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

  /** Waits until records that were written at this time may be folded. */
  synchronized void pass(long writtenMs) {
    while (!released && (paused || isEarly(writtenMs))) {
      try {
        wait(LONGEST_LOOK_MS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private boolean isEarly(long writtenMs) {
    return delay.isPositive() && clock.millis() < writtenMs + delay.toMillis();
  }

  /** Holds nobody any more: the fold is closing. */
  synchronized void release() {
    released = true;
    notifyAll();
  }
}
