package io.tailwater.edge.log;

import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.Event;
import java.util.Set;

/**
 * The events that a subscription wants: those of a channel or pattern, of some types or all.
 * Immutable.
 *
 * @param types the wanted types; empty for all
 */
public record Selection(Scope scope, Set<String> types) {
  public Selection {
    types = Set.copyOf(types);
  }

  /** All events of a channel or pattern. */
  public static Selection of(Scope scope) {
    return new Selection(scope, Set.of());
  }

  /** Whether an event of the scope is wanted. */
  boolean takes(Event event) {
    return types.isEmpty() || types.contains(event.getType());
  }
}
