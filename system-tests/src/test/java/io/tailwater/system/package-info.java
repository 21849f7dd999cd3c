/**
 * The delivery contract, and the tools that try to break it: readers that are cut, publishers that
 * retry, a ledger that compares what readers saw with what Kafka holds, platforms whose parts can
 * be killed.
 */
@NullMarked
package io.tailwater.system;

import org.jspecify.annotations.NullMarked;
