package io.tailwater.edge.frames;

import io.tailwater.contract.RequestException;
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

  /** How a connection ends whose caller is refused. */
  static Disconnect disconnect(RequestException refusal) {
    return switch (refusal.code()) {
      case ORIGIN_DENIED, FORBIDDEN -> Disconnect.FORBIDDEN;
      case TOKEN_REVOKED -> Disconnect.REVOKED;
      case UNAVAILABLE -> Disconnect.GOING_AWAY;
      case TOKEN_NOT_YET_VALID -> Disconnect.NOT_YET_VALID;
      default -> Disconnect.UNAUTHORIZED;
    };
  }
}
