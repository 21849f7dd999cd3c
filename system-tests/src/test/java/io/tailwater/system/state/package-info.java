/** Entries of a channel's state, from publications to what every event-core folds. */
@NullMarked
package io.tailwater.system.state;

import org.jspecify.annotations.NullMarked;
