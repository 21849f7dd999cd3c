package io.tailwater.service;

import java.util.concurrent.TimeUnit;

/** Time that only moves forward, and waiting in it. */
public interface Ticker {
  /** Nanoseconds since an arbitrary moment; only differences have a meaning. */
  long nanos();

  /**
   * Waits.
   *
   * @param nanos does not wait if this is 0 or less
   */
  void sleep(long nanos) throws InterruptedException;

  /** The system's time. */
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
