package io.tailwater.core.state;

import io.tailwater.contract.v1.Event;
import org.jspecify.annotations.Nullable;

/** Immutable: what an event makes of an entry. */
public sealed interface Reduction {
  /**
   * The event is stored.
   *
   * @param entry the entry after it; null if nothing is left of it
   * @param event with what it did
   */
  record Applied(@Nullable Entry entry, Event event) implements Reduction {}

  /** The event is stored, and changes nothing: it is older than what the entry holds. */
  record Superseded(Event event) implements Reduction {}

  /** The event is dropped. */
  record Refused(Reason reason) implements Reduction {}
}
