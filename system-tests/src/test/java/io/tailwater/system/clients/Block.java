package io.tailwater.system.clients;

import org.jspecify.annotations.Nullable;

/**
 * One block of an event stream, as a blank line ended it.
 *
 * @param type {@code message} if the block did not say
 * @param data null if the block had no data: then a browser shows no event
 * @param lastEventId what a browser holds as its last event id after this block
 * @param hadId whether the block itself had an id
 * @param arrivedNanos when its last byte was read, by {@link System#nanoTime}
 */
public record Block(
    String type, @Nullable String data, String lastEventId, boolean hadId, long arrivedNanos) {}
