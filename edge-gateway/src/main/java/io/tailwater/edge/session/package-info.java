/**
 * Sessions: what a client keeps over the connections that it makes one after the other. A session
 * is a signed random name. Redis knows which connection has it, so that the newest one does, on any
 * gateway.
 */
@NullMarked
package io.tailwater.edge.session;

import org.jspecify.annotations.NullMarked;
