/**
 * The frames of {@code frames.proto} on a WebSocket: {@code GET /v1/ws}. A {@code
 * FramesConversation} does what a client's frames ask, and a {@code FramesTransport} writes to it.
 * {@code frames.proto} defines the frames once; {@code FrameJson} is its JSON. The frames of events
 * ({@code FramesFormat}) are made once for each run and shared by all its readers.
 */
@NullMarked
package io.tailwater.edge.frames;

import org.jspecify.annotations.NullMarked;
