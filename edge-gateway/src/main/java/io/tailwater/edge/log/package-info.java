/** The gateway as a reader of the log: feeds, tails and cursors. */
@NullMarked
package io.tailwater.edge.log;

import org.jspecify.annotations.NullMarked;
