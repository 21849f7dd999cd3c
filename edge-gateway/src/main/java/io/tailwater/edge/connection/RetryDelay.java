package io.tailwater.edge.connection;

import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * How long clients wait before they reconnect. Any thread. The delay is random, so that clients
 * that were disconnected together do not return together.
 */
public final class RetryDelay {
  private static final int MIN_MS = 500;
  private static final int MAX_MS = 2_000;

  private final Supplier<? extends RandomGenerator> random;

  /**
   * @param random returns a generator that the calling thread may use
   */
  public RetryDelay(Supplier<? extends RandomGenerator> random) {
    this.random = random;
  }

  /** The delay for one client, milliseconds: 500 to 2,000. */
  public int nextMs() {
    return random.get().nextInt(MIN_MS, MAX_MS);
  }
}
