package io.tailwater.edge.log;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.ReadPage;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A position that could not be honoured. Immutable.
 *
 * @param earliest delivery goes on after this position
 */
public record Missed(Reason reason, Position earliest) {
  /** What a page reports about its requested position; null if it was honoured. */
  public static @Nullable Missed of(ReadPage page) {
    Position from = new Position(new Epoch(page.getEpoch()), page.getFrom());
    return switch (page.getReset()) {
      case NONE, UNRECOGNIZED -> null;
      case EXPIRED -> new Missed(Reason.EXPIRED, from);
      case FOREIGN -> new Missed(Reason.FOREIGN, from);
    };
  }

  /** Why; the names are part of the contract. */
  public enum Reason {
    /** Retention has removed what came after the position. */
    EXPIRED,
    /** The position is of another incarnation of the topic, beyond its end, or unreadable. */
    FOREIGN,
    /** The reader was too slow, and its namespace says to skip to the newest event. */
    SKIPPED;

    /** As it stands on the wire. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
