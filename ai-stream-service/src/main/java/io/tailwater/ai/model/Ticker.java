package io.tailwater.ai.model;

import java.util.concurrent.TimeUnit;

/** Time that only moves forward, and waiting in it. */
public interface Ticker {
  /** Nanoseconds since some moment; only differences mean something. */
  long nanos();

  /** Waits; not at all if there is nothing to wait for. */
  void sleep(long nanos) throws InterruptedException;

  /** The system's. */
  static Ticker system() {
    return new Ticker() {
      @Override
      public long nanos() {
        return System.nanoTime();
      }

      @Override
      public void sleep(long nanos) throws InterruptedException {
        TimeUnit.NANOSECONDS.sleep(nanos);
      }
    };
  }
}
