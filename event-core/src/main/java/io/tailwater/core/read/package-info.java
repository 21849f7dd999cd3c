/** Answers readers: pages of a channel from the store, segments of a partition from memory. */
@NullMarked
package io.tailwater.core.read;

import org.jspecify.annotations.NullMarked;
