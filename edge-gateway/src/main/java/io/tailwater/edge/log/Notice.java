package io.tailwater.edge.log;

/** What a reader is told about its channel, besides events. Immutable. */
public sealed interface Notice {
  /** What follows is new. Repeated on a quiet channel, so that its position moves. */
  record Live() implements Notice {}

  /** The position could not be honoured. */
  record Reset(Missed missed) implements Notice {}

  /** The channel is closed, and everything in it is delivered. */
  record End() implements Notice {}
}
