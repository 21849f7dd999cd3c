package io.tailwater.edge.log;

import io.tailwater.contract.Position;

/** Where a cursor begins. */
public sealed interface Start {
  /** After what there is now. */
  record Latest() implements Start {}

  /** Before everything that the topic retains. */
  record Earliest() implements Start {}

  /** Before the newest {@code count} events, 1 to 1,000. */
  record Last(int count) implements Start {}

  /** Before the first event whose timestamp is this or later, milliseconds since the epoch. */
  record Since(long timeMs) implements Start {}

  /** Where a reader left off. */
  record After(Position position) implements Start {}

  /**
   * A position was handed in that nobody can read: announced as foreign, then from the earliest.
   */
  record Unreadable() implements Start {}
}
