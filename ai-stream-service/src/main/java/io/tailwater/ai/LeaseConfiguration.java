package io.tailwater.ai;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.time.Duration;

/**
 * What is kept in Redis, {@code tailwater.ai.lease}.
 *
 * @param ttl a generation whose lease was not renewed for so long has lost its producer; renewed at
 *     a third of it
 * @param creatorTtl how long a stream's creator is remembered, from its end on
 * @param unwatchedAfter how long a generation may go unwatched if its creator wants it cancelled
 *     then
 * @param redisTimeout how long Redis has for an answer; to be less than a third of {@code ttl}
 */
@ConfigurationProperties("tailwater.ai.lease")
record LeaseConfiguration(
    @Bindable(defaultValue = "5s") Duration ttl,
    @Bindable(defaultValue = "24h") Duration creatorTtl,
    @Bindable(defaultValue = "30s") Duration unwatchedAfter,
    @Bindable(defaultValue = "500ms") Duration redisTimeout) {

  LeaseConfiguration {
    Bounds bounds = new Bounds(AiConfiguration.PREFIX + ".lease");
    bounds.between("ttl", ttl, Duration.ofMillis(100), Duration.ofMinutes(10));
    bounds.between("creator-ttl", creatorTtl, ttl, Duration.ofDays(365));
    bounds.between("unwatched-after", unwatchedAfter, ttl, Duration.ofDays(1));
    bounds.between("redis-timeout", redisTimeout, Duration.ofMillis(1), ttl.dividedBy(3));
  }

  /** How often leases are renewed and judged. */
  Duration interval() {
    return ttl.dividedBy(3);
  }
}
