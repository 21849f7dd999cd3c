/**
 * Connected clients: what a connection reads, how it is written, and how it ends. Three things are
 * called by one name each, here and everywhere in the gateway: a {@code connection} is our {@link
 * Connection}, a {@code channel} is a channel of events, and a Netty channel is {@code netty}.
 */
@NullMarked
package io.tailwater.edge.connection;

import org.jspecify.annotations.NullMarked;
