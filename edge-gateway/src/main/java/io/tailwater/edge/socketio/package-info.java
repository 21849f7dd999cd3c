/**
 * Socket.IO, for clients that speak it already: Engine.IO 4 over polling and WebSocket, and
 * Socket.IO 5 on top. A socket of a client in one namespace of Socket.IO is a connection like any
 * other. Its rooms are channels, and the log, the cursors and the sessions are those of every
 * connection.
 */
@NullMarked
package io.tailwater.edge.socketio;

import org.jspecify.annotations.NullMarked;
