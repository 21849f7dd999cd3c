package io.tailwater.ai.model;

/**
 * A piece of an answer.
 *
 * @param text whole code points; empty if nothing came
 * @param tokens number of tokens of the text
 * @param ending whether this is the last piece, and why
 */
public record Chunk(String text, int tokens, Ending ending) {
  /** Whether and why an answer ends with a chunk. */
  public enum Ending {
    /** More follows. */
    NONE,
    /** The answer is complete. */
    STOP,
    /** The answer was cut at the requested number of tokens. */
    LENGTH
  }
}
