/** Server-sent events: how a session's frames leave as a stream that {@code EventSource} reads. */
@NullMarked
package io.tailwater.edge.sse;

import org.jspecify.annotations.NullMarked;
