package io.tailwater.ai.model;

import java.time.Duration;

/**
 * Owned by the thread that reads it: one answer while a model produces it. The model does not wait
 * for the reader; the next chunk has all that came meanwhile.
 */
public interface Answer extends AutoCloseable {
  /** Number of tokens of the prompt. */
  int promptTokens();

  /**
   * Returns all text since the last call. Not to be called again after a chunk that ends the
   * answer.
   *
   * @param wait how long to wait for text; the chunk is empty if none came
   * @throws ModelException if the model failed
   */
  Chunk next(Duration wait) throws InterruptedException, ModelException;

  /** Releases the model, whether or not the answer has ended. */
  @Override
  void close();
}
