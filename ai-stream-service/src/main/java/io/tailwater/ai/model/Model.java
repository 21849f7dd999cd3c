package io.tailwater.ai.model;

/** Answers prompts. Safe for use by many threads. */
public interface Model {
  /** The name that requests and events carry. */
  String name();

  /**
   * Begins an answer.
   *
   * @throws ModelException if the model refuses or cannot be reached
   */
  Answer answer(Prompt prompt) throws ModelException;
}
