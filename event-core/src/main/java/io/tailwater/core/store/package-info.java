/**
 * The derived state: what the fold has made of a log, in RocksDB. Kafka is its write-ahead log, so
 * that deleting it is the repair tool.
 */
@NullMarked
package io.tailwater.core.store;

import org.jspecify.annotations.NullMarked;
