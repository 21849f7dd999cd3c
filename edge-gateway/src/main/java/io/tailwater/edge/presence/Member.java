package io.tailwater.edge.presence;

/**
 * Who is present in a channel. Immutable.
 *
 * @param sinceMs since when, milliseconds since the epoch
 * @param info a JSON object; empty for none
 */
public record Member(String subject, long sinceMs, String info) {}
