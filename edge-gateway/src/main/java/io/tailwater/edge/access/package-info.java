/**
 * Who asks, and what they may do: tokens, tickets, grants and origins, as in the contract's
 * Security.
 */
@NullMarked
package io.tailwater.edge.access;

import org.jspecify.annotations.NullMarked;
