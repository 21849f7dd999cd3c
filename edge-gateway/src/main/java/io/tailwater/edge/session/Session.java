package io.tailwater.edge.session;

import java.time.Duration;
import java.util.List;

/**
 * A session, as one connection has it. Immutable.
 *
 * @param id 128 random bits; the same for all connections of the session
 * @param text what the client presents to have the session again
 * @param connection the connection's name, on all gateways
 * @param restored whether another connection had it before
 * @param calls of earlier connections, which had no answer when this connection got the session
 * @param claim greater than that of all connections that had it before; 0 for the first one
 * @param grace how long it lives after its connection
 */
public record Session(
    String id,
    String text,
    String connection,
    boolean restored,
    List<OpenCall> calls,
    long claim,
    Duration grace) {}
