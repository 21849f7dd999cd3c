/** Passes requests on to the gateway that has their session, over Redis, once. */
@NullMarked
package io.tailwater.edge.hop;

import org.jspecify.annotations.NullMarked;
