package io.tailwater.edge.log;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.ReadPage;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A position that could not be honoured.
 *
 * @param earliest where delivery goes on: after this position
 */
public record Missed(Reason reason, Position earliest) {
  /** What a page says of the position that it was asked for; null if that was honoured. */
  static @Nullable Missed of(ReadPage page) {
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
