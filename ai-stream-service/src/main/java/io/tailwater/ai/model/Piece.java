package io.tailwater.ai.model;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A piece of one part of an answer.
 *
 * @param part number of the part, from 0, in the order in which the parts began
 * @param text whole code points; of a tool call, a piece of its arguments
 * @param call which tool is called, with the first piece of a tool call; else null
 * @param tokens number of tokens, perhaps an estimate
 */
public record Piece(int part, Kind kind, String text, @Nullable Call call, int tokens) {
  /** What a part of an answer is. */
  public enum Kind {
    /** What the model says. */
    TEXT,
    /** How the model came to it. */
    REASONING,
    /** A request of the model to call a tool. */
    TOOL_CALL;

    private final String wire = name().toLowerCase(Locale.ROOT);

    /** The kind as it stands in events. */
    public String wire() {
      return wire;
    }
  }

  /**
   * A tool that a model calls.
   *
   * @param id names the call, so that its result can refer to it
   * @param name of the tool
   */
  public record Call(String id, String name) {}

  /** What follows this piece in the same part, without new text and tokens. */
  public Piece continued() {
    return new Piece(part, kind, "", null, 0);
  }

  /** This piece and the next one of the same part as one. */
  public Piece with(Piece next) {
    return new Piece(part, kind, text + next.text, call, tokens + next.tokens);
  }
}
