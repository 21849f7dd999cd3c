/** WebSocket: frames, subprotocols, and peers that break its rules. */
@NullMarked
package io.tailwater.system.websocket;

import org.jspecify.annotations.NullMarked;
