package io.tailwater.ai.model;

/**
 * A piece of an answer.
 *
 * @param text whole code points; empty if nothing came
 * @param tokens how many tokens the text is
 * @param ending whether this is the last piece, and why
 */
public record Chunk(String text, int tokens, Ending ending) {
  /** Whether and why an answer ends with a chunk. */
  public enum Ending {
    /** More is to come. */
    NONE,
    /** The model had said all. */
    STOP,
    /** The model was cut off at the number of tokens it was given. */
    LENGTH
  }
}
