package io.tailwater.edge.backend;

import org.jspecify.annotations.Nullable;

/**
 * Confined to the event loop of a connection: which instance of the backend has its calls. They all
 * go to one, as long as that is connected, and arrive there in their order.
 */
public final class Route {
  private final Backends backends;
  private @Nullable Link link;

  Route(Backends backends) {
    this.backends = backends;
  }

  /** The link for the next call; null if none is up. */
  @Nullable Link next() {
    if (link == null || !link.up()) {
      link = backends.pick();
    }
    return link;
  }
}
