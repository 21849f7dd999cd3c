package io.tailwater.core.store;

import io.tailwater.contract.v1.Event;
import io.tailwater.core.state.Reason;

/** Immutable: what the fold decided about an event. */
public sealed interface Verdict {
  /**
   * The event is the newest of its channel.
   *
   * @param event with what it did to an entry
   */
  public record Stored(Event event) implements Verdict {}

  /** What the event asks to do to an entry is refused. */
  public record Conflict(Reason reason) implements Verdict {}

  /** The event repeats the first one with its channel, publisher and key, at this offset. */
  public record Repeat(long first) implements Verdict {}

  /** The channel was closed by the record at this offset. */
  public record Closed(long by) implements Verdict {}
}
