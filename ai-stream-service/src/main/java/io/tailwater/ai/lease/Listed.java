package io.tailwater.ai.lease;

import io.tailwater.ai.stream.StreamId;

/**
 * A stream on a list.
 *
 * @param createdMs milliseconds since the epoch
 */
public record Listed(StreamId id, long createdMs) {}
