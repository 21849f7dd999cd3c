package io.tailwater.ai.model;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * Owned by the thread that reads it: one answer while a model produces it. The model does not wait
 * for the reader; the next chunk has all that came meanwhile.
 */
public interface Answer extends AutoCloseable {
  /** Number of tokens of the prompt; an estimate until the model has counted. */
  int promptTokens();

  /**
   * Number of tokens of the whole answer as the model counts them; empty if that is the sum of the
   * pieces, or not known yet.
   */
  default OptionalInt completionTokens() {
    return OptionalInt.empty();
  }

  /**
   * Returns everything since the last call. Not to be called again after a chunk that ends the
   * answer.
   *
   * @param wait how long to wait for something; the chunk is empty if nothing came
   * @throws ModelException if the model failed
   */
  Chunk next(Duration wait) throws InterruptedException, ModelException;

  /** Releases the model, whether or not the answer has ended. */
  @Override
  void close();
}
