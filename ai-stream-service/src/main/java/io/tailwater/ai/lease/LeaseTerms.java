package io.tailwater.ai.lease;

import java.time.Duration;

/**
 * Times of leases.
 *
 * @param ttl a generation whose lease was not renewed for this long has lost its producer
 * @param interval between two renewals; a third of {@code ttl}
 * @param creatorTtl how long a stream's creator is remembered, from its end on
 * @param unwatchedAfter after this long unwatched, a generation is cancelled if its creator wishes
 * @param redisTimeout how long Redis has for an answer; less than {@code interval}
 */
public record LeaseTerms(
    Duration ttl,
    Duration interval,
    Duration creatorTtl,
    Duration unwatchedAfter,
    Duration redisTimeout) {}
