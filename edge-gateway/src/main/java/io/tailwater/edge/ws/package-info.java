/**
 * WebSockets: {@code GET /v1/ws}. A {@code WsTransport} is how a session's frames leave, {@code
 * WsInbound} how a client's come in, and {@code WsConversation} does what they ask. {@code
 * frames.proto} defines the frames once; {@code FrameJson} is its JSON, and what is written for
 * events ({@code WsFormat}) is made once for each run and shared by all its readers.
 */
@NullMarked
package io.tailwater.edge.ws;

import org.jspecify.annotations.NullMarked;
