/**
 * WebSocket (RFC 6455) for any protocol that is spoken on it: handshake, frames, messages in
 * fragments, compression, pings and closes. A protocol implements {@link Conversation}, writes with
 * a {@link WebSocket}, and starts in {@link WebSockets#open}.
 *
 * <p>A client that does not read its answers is not read either: while a connection is not
 * writable, bytes of its client stay undecoded, whatever they hold. So nothing that a client sends
 * makes answers queue.
 */
@NullMarked
package io.tailwater.edge.websocket;

import org.jspecify.annotations.NullMarked;
