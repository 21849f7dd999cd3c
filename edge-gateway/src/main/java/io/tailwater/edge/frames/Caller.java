package io.tailwater.edge.frames;

import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.Disconnect;

/**
 * Who connects. Immutable. A browser cannot read a refused handshake, so a refusal is told on the
 * connection.
 */
sealed interface Caller {
  /** The request shows an identity; it may be the anonymous one. */
  record Known(Identity identity) implements Caller {}

  /** The request is refused. */
  record Refused(Disconnect disconnect, String reason) implements Caller {}
}
