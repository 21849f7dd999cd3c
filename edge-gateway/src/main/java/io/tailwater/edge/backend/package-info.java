/**
 * Calls of clients, and the backend that answers them. {@link io.tailwater.edge.backend.Calls}
 * takes a call, {@link io.tailwater.edge.backend.Backends} has a {@code Link} to each instance of
 * the backend: one stream of gRPC for all calls. Nothing here delays events: calls have places and
 * deadlines of their own.
 */
@NullMarked
package io.tailwater.edge.backend;

import org.jspecify.annotations.NullMarked;
