/**
 * Event-core: a deterministic fold over Kafka. {@code state' = f(state, record)}, a function of the
 * log alone, so that every instance comes to the same events at the same offsets and any of them
 * can serve any read.
 *
 * <p>The way of a record: {@link io.tailwater.core.FoldLoop} polls it (one thread, all partitions),
 * {@link io.tailwater.core.PartitionFold} judges it and writes it to the {@link
 * io.tailwater.core.Store} in one batch with the consumer's position, keeps it in the {@link
 * io.tailwater.core.Ring} for {@code Follow}, wakes whoever waits at the {@link
 * io.tailwater.core.Passage}, and hands it to the {@link io.tailwater.core.Broadcast}. The way of a
 * publication: {@link io.tailwater.core.PublishStream}, {@link io.tailwater.core.Publisher}, Kafka,
 * and then as any record; its verdict is read from the store once the fold has passed it.
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
