package io.tailwater.core.store;

/** Immutable: what the fold decided about an event. */
public sealed interface Verdict {
  /** The event is the newest of its channel. */
  public record Stored() implements Verdict {}

  /** The event repeats the first one with its channel, publisher and key, at this offset. */
  public record Repeat(long first) implements Verdict {}

  /** The channel was closed by the record at this offset. */
  public record Closed(long by) implements Verdict {}
}
