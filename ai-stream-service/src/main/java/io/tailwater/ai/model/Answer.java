package io.tailwater.ai.model;

import java.time.Duration;

/**
 * One answer while it comes. Confined to the thread that reads it. It goes on while nobody asks:
 * what has come meanwhile is in the next chunk.
 */
public interface Answer extends AutoCloseable {
  /** How many tokens the prompt has. */
  int promptTokens();

  /**
   * All that has come since the last call. Waits for something, but no longer than told: then the
   * chunk is empty. Not to be called again after a chunk that ends the answer.
   *
   * @throws ModelException if the model broke off
   */
  Chunk next(Duration wait) throws InterruptedException, ModelException;

  /** Gives the model back, whether or not the answer has ended. */
  @Override
  void close();
}
