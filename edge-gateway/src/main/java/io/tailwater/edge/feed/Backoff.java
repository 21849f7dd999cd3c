package io.tailwater.edge.feed;

/** Confined to its owner's loop: waits between attempts, each twice the last, up to a bound. */
final class Backoff {
  private static final long FIRST_MS = 50;
  private static final long MAX_MS = 2_000;

  private long nextMs = FIRST_MS;

  /** How long to wait before the next attempt, milliseconds. */
  long nextMs() {
    long delay = nextMs;
    nextMs = Math.min(MAX_MS, 2 * nextMs);
    return delay;
  }

  /** An attempt succeeded. */
  void reset() {
    nextMs = FIRST_MS;
  }
}
