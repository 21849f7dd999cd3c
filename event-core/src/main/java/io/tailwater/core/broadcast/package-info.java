/** Sends what the fold has made to every gateway, by one instance for each partition. */
@NullMarked
package io.tailwater.core.broadcast;

import org.jspecify.annotations.NullMarked;
