package io.tailwater.javaclient.loop;

/**
 * How long to wait before the next attempt: a random time up to a bound that doubles (full jitter),
 * and at least as long as the server asked for.
 *
 * @param minMs the bound of the first pause, at least 1
 * @param maxMs the highest bound, at least {@code minMs}
 * @param attempts how many attempts in a row may fail
 */
public record Backoff(long minMs, long maxMs, int attempts) {
  private static final int MAX_DOUBLINGS = 30;

  public Backoff {
    if (minMs < 1 || maxMs < minMs || attempts < 1) {
      throw new IllegalArgumentException(
          "a backoff is at least 1 ms, its maximum at least its minimum, with 1 attempt or more");
    }
  }

  /**
   * @param attempt from 0
   * @param random from 0, below 1
   * @param leastMs what the server asked for, 0 for nothing
   */
  public long pause(int attempt, double random, long leastMs) {
    return Math.max(leastMs, (long) (random * ceiling(attempt)));
  }

  /** The bound of the pause before an attempt, from 0. */
  public long ceiling(int attempt) {
    double doubled = minMs * Math.pow(2, Math.min(attempt, MAX_DOUBLINGS));
    return (long) Math.min(maxMs, doubled);
  }

  /** As this one, with another maximum if that is lower. */
  public Backoff atMost(long ms) {
    return new Backoff(Math.min(minMs, ms), Math.min(maxMs, ms), attempts);
  }
}
