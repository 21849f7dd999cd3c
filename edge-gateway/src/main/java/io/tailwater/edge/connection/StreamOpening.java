package io.tailwater.edge.connection;

/**
 * What a client is told when its connection begins. Immutable.
 *
 * @param serverTimeMs the gateway's time, milliseconds since the epoch
 * @param heartbeatMs the configured time between heartbeats, milliseconds
 */
public record StreamOpening(
    String connectionId, String gateway, long serverTimeMs, long heartbeatMs) {}
