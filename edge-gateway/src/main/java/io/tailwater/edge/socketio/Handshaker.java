package io.tailwater.edge.socketio;

import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;

/**
 * Who has sent the request that began a session. A refusal is told where a client can read it: when
 * it connects to a namespace without a token of its own. Immutable.
 */
sealed interface Handshaker {
  /** Where the request came from; empty if that is not known. */
  String address();

  /** The request shows an identity; it may be the anonymous one. */
  record Known(Identity identity) implements Handshaker {
    @Override
    public String address() {
      return identity.address();
    }
  }

  /** The request is refused. */
  record Refused(RequestException refusal, String address) implements Handshaker {}
}
