package io.tailwater.edge;

/** What a stream is told about itself when it begins. */
public record StreamOpening(
    String connectionId, String gateway, long serverTimeMs, long heartbeatMs) {}
