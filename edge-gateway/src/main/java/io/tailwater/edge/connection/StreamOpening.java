package io.tailwater.edge.connection;

/** What a stream is told about itself when it begins. */
public record StreamOpening(
    String connectionId, String gateway, long serverTimeMs, long heartbeatMs) {}
