/** HTTP as it comes over the wire: framing, pipelining, half-closed and slow connections. */
@NullMarked
package io.tailwater.system.http;

import org.jspecify.annotations.NullMarked;
