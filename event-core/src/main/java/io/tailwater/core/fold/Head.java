package io.tailwater.core.fold;

/**
 * Immutable: how far a partition is folded, for other threads. A thread that has read a head finds
 * every event through it in the store.
 *
 * @param epoch text of the topic's epoch
 * @param through the offset through which every record is folded
 * @param earliest the earliest position
 * @param caughtUp whether the fold, since the partition was last rebuilt, has reached an end that
 *     Kafka had after that
 * @param begun how often the partition was rebuilt; counted before its state is wiped, so that
 *     values that were read between two equal counts are of one state
 */
public record Head(String epoch, long through, long earliest, boolean caughtUp, int begun) {}
