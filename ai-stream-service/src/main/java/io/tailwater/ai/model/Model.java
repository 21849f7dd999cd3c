package io.tailwater.ai.model;

/** Answers prompts. Any thread. */
public interface Model {
  /** The name in requests and events. */
  String name();

  /**
   * Begins an answer.
   *
   * @throws ModelException if the model refuses or cannot be reached
   */
  Answer answer(Prompt prompt) throws ModelException;
}
