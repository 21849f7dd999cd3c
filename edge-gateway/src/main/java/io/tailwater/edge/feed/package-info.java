/**
 * The feeds of the gateway, one for each partition with readers here. A feed holds the tails of the
 * channels that are read, reads pages for cursors that lie below, and updates the views of other
 * event loops.
 */
@NullMarked
package io.tailwater.edge.feed;

import org.jspecify.annotations.NullMarked;
