package io.tailwater.core;

/**
 * How far a partition is folded, as other threads see it. Whoever has read a head finds everything
 * through it in the store.
 *
 * @param epoch text of the topic's epoch
 * @param through the offset through which all is folded
 * @param earliest the earliest position left
 * @param caughtUp whether the fold has reached, since the partition was last begun, an end that
 *     Kafka was asked for after that
 * @param begun how often the partition was begun anew; counted before its state is wiped, so that
 *     what was read between two equal counts is of one state
 */
record Head(String epoch, long through, long earliest, boolean caughtUp, int begun) {}
