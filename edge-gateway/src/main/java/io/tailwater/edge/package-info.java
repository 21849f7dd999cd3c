/**
 * The edge gateway: terminates HTTP, authenticates and fans out. It holds connections and tails,
 * nothing that outlives them.
 *
 * <h2>One log, one cursor</h2>
 *
 * Every channel is a log; every subscriber, whatever its transport, is a {@link Cursor} over it: a
 * position that only moves forward. The gateway itself is a cursor too, one per Kafka partition:
 * the {@code through} of a {@link PartitionFeed}. A {@link Run} is a stretch of one channel's log,
 * encoded once for each wire format; a live segment and a page of replay both become runs, so
 * replay, live delivery and catching up are the same few lines, {@link Cursor#pump}, and there is
 * no seam between them to lose an event in:
 *
 * <ul>
 *   <li>the cursor lies below the floor of its channel's {@link Tail}: it waits for a page;
 *   <li>the tail has a run beyond the cursor: it is written;
 *   <li>there is nothing beyond it: the cursor is live, and the partition's {@code through} is its
 *       position.
 * </ul>
 *
 * A connection that is not writable is given nothing; its cursor falls behind, and goes on when it
 * can. What a client holds is its position, so any gateway can continue it.
 *
 * <h2>Who owns what</h2>
 *
 * A {@link PartitionFeed} and its tails belong to one event loop. Each loop with readers has its
 * own {@link PartitionView} of it, told of runs and of {@code through} by tasks of the feed's loop,
 * in order. A {@link Connection}, its cursors and its transport belong to their connection's event
 * loop. Runs are immutable and counted by reference.
 */
@Configuration
@Requires(property = "tailwater.service", value = "edge-gateway")
@NullMarked
package io.tailwater.edge;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;
