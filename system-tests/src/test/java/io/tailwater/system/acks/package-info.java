/** Read positions over HTTP and WebSocket. */
@NullMarked
package io.tailwater.system.acks;

import org.jspecify.annotations.NullMarked;
