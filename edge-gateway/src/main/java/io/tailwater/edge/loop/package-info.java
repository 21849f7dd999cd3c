/** Event loops of the HTTP server, each with the connections that it flushes and keeps alive. */
@NullMarked
package io.tailwater.edge.loop;

import org.jspecify.annotations.NullMarked;
