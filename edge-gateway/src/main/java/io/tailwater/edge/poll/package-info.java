/** Polling, long and short: a cursor that ends with the answer that it gives. */
@NullMarked
package io.tailwater.edge.poll;

import org.jspecify.annotations.NullMarked;
