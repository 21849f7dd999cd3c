/** Who is present, over HTTP and WebSocket, on several gateways. */
@NullMarked
package io.tailwater.system.presence;

import org.jspecify.annotations.NullMarked;
