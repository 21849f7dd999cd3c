package io.tailwater.edge.socketio;

import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.backend.Calls;
import io.tailwater.edge.backend.KnownConnections;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.publish.Publishing;
import io.tailwater.edge.session.Sessions;

/** What all sockets share. Immutable. */
record SocketIoParts(
    Access access,
    Authority authority,
    Namespaces namespaces,
    Subscriptions subscriptions,
    Sessions sessions,
    KeptRooms kept,
    Publishing publishing,
    Calls calls,
    KnownConnections known,
    SocketIoConfiguration configuration,
    SocketIoMetrics metrics) {
  /** Whether sockets are continued by the next connection of their client. */
  boolean recovers() {
    return !configuration.recovery().isZero();
  }
}
