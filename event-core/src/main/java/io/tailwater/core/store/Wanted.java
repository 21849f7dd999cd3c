package io.tailwater.core.store;

import io.tailwater.contract.v1.Event;
import java.util.Set;

/** Immutable: the events of a partition that a page is to hold. */
public sealed interface Wanted {
  /** The wanted types; empty for all. */
  Set<String> types();

  /** Events of one channel. */
  record OfChannel(byte[] key, Set<String> types) implements Wanted {
    public OfChannel {
      types = Set.copyOf(types);
    }
  }

  /** Events of all channels whose keys begin with a prefix, which may be empty. */
  record OfPrefix(byte[] prefix, Set<String> types) implements Wanted {
    public OfPrefix {
      types = Set.copyOf(types);
    }
  }

  /** Whether an event of the channel or prefix is of a wanted type. */
  default boolean takes(Event event) {
    return types().isEmpty() || types().contains(event.getType());
  }
}
