package io.tailwater.edge;

import io.tailwater.contract.Position;
import java.util.Locale;

/**
 * A position that could not be honoured.
 *
 * @param earliest where delivery goes on: after this position
 */
public record Missed(Reason reason, Position earliest) {
  /** Why; the names are part of the contract. */
  public enum Reason {
    /** Retention has removed what came after the position. */
    EXPIRED,
    /** The position is of another incarnation of the topic, or beyond its end, or unreadable. */
    FOREIGN,
    /** The reader was too slow, and its namespace says to go on with the newest. */
    SKIPPED;

    /** As it stands on the wire. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
