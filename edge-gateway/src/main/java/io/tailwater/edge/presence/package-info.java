/**
 * Presence as connections see it: they report who is present in which channel, and show their
 * clients who else is. Where that is kept is the business of {@code roster}.
 */
@NullMarked
package io.tailwater.edge.presence;

import org.jspecify.annotations.NullMarked;
