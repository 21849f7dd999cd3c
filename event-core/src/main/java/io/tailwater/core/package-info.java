/**
 * Event-core: a deterministic fold over Kafka. {@code state' = f(state, record)} is a function of
 * the log alone, so every instance has the same events at the same offsets, and any instance can
 * serve any read. This package wires the parts and holds the endpoints; each part is a package.
 *
 * <p>The way of a record: {@link io.tailwater.core.fold.FoldLoop} polls it on one thread for all
 * partitions. {@link io.tailwater.core.fold.PartitionFold} judges it, writes it to the {@link
 * io.tailwater.core.store.Store} in one batch with the consumer's position, keeps it in the {@link
 * io.tailwater.core.fold.Ring} for {@code Follow}, and wakes the waiters of the {@link
 * io.tailwater.core.fold.Passage}. The {@link io.tailwater.core.broadcast.Broadcast} sends it to
 * the gateways.
 *
 * <p>The way of a publication: {@link io.tailwater.core.publish.PublishStream}, {@link
 * io.tailwater.core.publish.Publisher}, Kafka, and then the way of any record. Its verdict is read
 * from the store once the fold has passed it.
 *
 * <p>Kafka is the write-ahead log and RocksDB is derived from it: deleting the directory is the
 * repair tool.
 */
@Configuration
@Requires(property = "tailwater.service", value = "event-core")
@NullMarked
package io.tailwater.core;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;
