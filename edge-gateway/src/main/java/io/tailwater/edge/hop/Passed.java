package io.tailwater.edge.hop;

/**
 * A request that is passed on.
 *
 * @param method of HTTP
 * @param session the id of its session
 * @param body not to be changed; empty if there is none
 */
public record Passed(String method, String session, byte[] body) {}
