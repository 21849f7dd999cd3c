/** Event loops of the HTTP server, each with the connections that it flushes and beats for. */
@NullMarked
package io.tailwater.edge.loop;

import org.jspecify.annotations.NullMarked;
