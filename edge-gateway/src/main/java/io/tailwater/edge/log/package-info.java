/**
 * The gateway as a reader of the log: cursors, the views of tails that they read, and the ports to
 * the log and its broadcast. {@link io.tailwater.edge.log.Cursor} explains the idea.
 */
@NullMarked
package io.tailwater.edge.log;

import org.jspecify.annotations.NullMarked;
