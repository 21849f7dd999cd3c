package io.tailwater.edge.loop;

/** Confined to its owner's loop: waits between attempts, each twice the last, up to a bound. */
public final class Backoff {
  private static final long FIRST_MS = 50;
  private static final long MAX_MS = 2_000;

  private long nextMs = FIRST_MS;

  /** How long to wait before the next attempt, milliseconds. */
  public long nextMs() {
    long delay = nextMs;
    nextMs = Math.min(MAX_MS, 2 * nextMs);
    return delay;
  }

  /** An attempt succeeded. */
  public void reset() {
    nextMs = FIRST_MS;
  }
}
