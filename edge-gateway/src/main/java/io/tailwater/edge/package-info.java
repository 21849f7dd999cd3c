/**
 * The edge gateway: terminates HTTP, authenticates and fans out. It holds connections and tails,
 * nothing that outlives them. {@link io.tailwater.edge.log.Cursor} explains the idea, one log and
 * one cursor, and which event loop owns what.
 */
@Configuration
@Requires(property = "tailwater.service", value = "edge-gateway")
@NullMarked
package io.tailwater.edge;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;
