/** Connected clients: what a connection reads, how it is written, and how it ends. */
@NullMarked
package io.tailwater.edge.connection;

import org.jspecify.annotations.NullMarked;
