package io.tailwater.edge.log;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.StatePage;

/**
 * A block of a channel's state, as the log has it. Immutable.
 *
 * @param first whether a snapshot begins with it: what the reader had before is void
 */
public record StateBlock(StatePage page, boolean first) {
  /** Whether the snapshot is complete with it. */
  public boolean last() {
    return page.getNext().isEmpty();
  }

  /** The position that the snapshot stands for: the events after it follow. */
  public Position position() {
    return new Position(new Epoch(page.getEpoch()), page.getPosition());
  }

  /** About how many bytes were read for it. */
  public int bytes() {
    return page.getSerializedSize();
  }
}
