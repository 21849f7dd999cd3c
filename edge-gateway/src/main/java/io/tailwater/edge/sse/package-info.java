/** Server-sent events: what {@code EventSource} reads. */
@NullMarked
package io.tailwater.edge.sse;

import org.jspecify.annotations.NullMarked;
