/**
 * Who is present, over all gateways. Each gateway has a lease in Redis, and holds its members under
 * it. {@code roster.lua} is the one judge of who is a member: it runs in Redis, by the clock of
 * Redis. A gateway reports what it holds ({@code Holds}), and learns what has changed ({@code
 * View}). While Redis is away everything stays as it is, and is shown as stale.
 */
@NullMarked
package io.tailwater.edge.roster;

import org.jspecify.annotations.NullMarked;
