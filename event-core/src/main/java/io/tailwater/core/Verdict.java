package io.tailwater.core;

/** What the fold made of a record that is an event. */
sealed interface Verdict {
  /** It is the channel's newest event. */
  record Stored() implements Verdict {}

  /** The log holds an earlier one with the same channel, publisher and key. */
  record Repeat(long first) implements Verdict {}

  /** The channel was closed by the record at this offset. */
  record Closed(long by) implements Verdict {}
}
