package io.tailwater.launcher.client;

/**
 * One block of an event stream.
 *
 * @param type {@code message} if the block named none
 * @param data its lines, joined with newlines
 */
record SseEvent(String type, String data) {}
