/** Socket.IO's own clients, unmodified, against gateways. */
@NullMarked
package io.tailwater.system.socketio;

import org.jspecify.annotations.NullMarked;
