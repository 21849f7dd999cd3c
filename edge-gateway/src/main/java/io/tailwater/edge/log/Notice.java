package io.tailwater.edge.log;

import io.tailwater.contract.Position;
import java.util.SortedMap;

/** What a reader is told about its channel or pattern, besides events. Immutable. */
public sealed interface Notice {
  /** What follows is new. Repeated on a quiet channel, so that its position moves. */
  record Live() implements Notice {}

  /** The position of a channel could not be honoured. */
  record Reset(Missed missed) implements Notice {}

  /**
   * The positions of a pattern in some partitions could not be honoured.
   *
   * @param earliest delivery goes on after these positions, by partition; empty if it is about all
   */
  record PartitionsReset(Missed.Reason reason, SortedMap<Integer, Position> earliest)
      implements Notice {}

  /** The channel is closed, and everything in it is delivered. */
  record End() implements Notice {}
}
