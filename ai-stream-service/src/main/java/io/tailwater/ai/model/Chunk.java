package io.tailwater.ai.model;

import java.util.List;
import java.util.stream.Collectors;

/**
 * What came of an answer.
 *
 * @param pieces in their order; empty if nothing came
 * @param ending whether these are the last pieces, and why
 */
public record Chunk(List<Piece> pieces, Ending ending) {
  /** Copies the list. */
  public Chunk {
    pieces = List.copyOf(pieces);
  }

  /** The texts of all pieces. */
  public String text() {
    return pieces.stream().map(Piece::text).collect(Collectors.joining());
  }

  /** Number of tokens of all pieces. */
  public int tokens() {
    return pieces.stream().mapToInt(Piece::tokens).sum();
  }

  /** Whether and why an answer ends with a chunk. */
  public enum Ending {
    /** More follows. */
    NONE,
    /** The answer is complete. */
    STOP,
    /** The answer was cut at the requested number of tokens. */
    LENGTH,
    /** The model waits for the results of the tools that it called. */
    TOOL_CALLS,
    /** The model's server removed the rest. */
    CONTENT_FILTER
  }
}
