/** Polling, long and short: a connection that ends with its one answer. */
@NullMarked
package io.tailwater.edge.poll;

import org.jspecify.annotations.NullMarked;
