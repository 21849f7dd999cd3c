/** Patterns, which read many channels at once, and subscriptions to some types of events. */
@NullMarked
package io.tailwater.system.patterns;

import org.jspecify.annotations.NullMarked;
