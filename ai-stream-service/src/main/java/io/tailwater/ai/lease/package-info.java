/**
 * Leases in Redis: which streams have a producer, and who watches them. Redis only makes things
 * known sooner; without it, streams go on.
 */
@NullMarked
package io.tailwater.ai.lease;

import org.jspecify.annotations.NullMarked;
