package io.tailwater.edge.log;

import io.tailwater.contract.Position;

/** Where a subscription begins. Immutable. */
public sealed interface Start {
  /** After the newest event. */
  record Latest() implements Start {}

  /** Before the oldest event that the topic retains. */
  record Earliest() implements Start {}

  /** Before the newest {@code count} events, 1 to 1,000. */
  record Last(int count) implements Start {}

  /** Before the first event whose timestamp is this or later, milliseconds since the epoch. */
  record Since(long timeMs) implements Start {}

  /** After a position, usually the last one that the client has. */
  record After(Position position) implements Start {}

  /** From the earliest, because the client's position is unreadable; it is told so. */
  record Unreadable() implements Start {}
}
