package io.tailwater.edge.hop;

/**
 * The answer to a request that was passed on.
 *
 * @param status of HTTP
 * @param contentType of the body
 * @param body not to be changed
 */
public record Answer(int status, String contentType, byte[] body) {}
