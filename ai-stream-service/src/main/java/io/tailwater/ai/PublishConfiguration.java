package io.tailwater.ai;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.time.Duration;

/**
 * How stubbornly publications are tried again, {@code tailwater.ai.publish}.
 *
 * @param patience how long one publication is tried before its generation is given up; to be less
 *     than the namespace's idempotency window, or a repeat is no longer recognised
 * @param verdictTimeout how long an attempt waits for its verdict; event-core gives one within 10 s
 * @param firstBackoff pause after the first failed attempt, doubled with each, at random between
 *     half of that and all
 * @param maxBackoff longest pause
 */
@ConfigurationProperties("tailwater.ai.publish")
record PublishConfiguration(
    @Bindable(defaultValue = "60s") Duration patience,
    @Bindable(defaultValue = "12s") Duration verdictTimeout,
    @Bindable(defaultValue = "50ms") Duration firstBackoff,
    @Bindable(defaultValue = "2s") Duration maxBackoff) {

  PublishConfiguration {
    Bounds bounds = new Bounds(AiConfiguration.PREFIX + ".publish");
    Duration hour = Duration.ofHours(1);
    bounds.between("patience", patience, Duration.ZERO, hour);
    bounds.between("verdict-timeout", verdictTimeout, Duration.ofMillis(10), hour);
    bounds.between("first-backoff", firstBackoff, Duration.ofMillis(1), maxBackoff);
    bounds.between("max-backoff", maxBackoff, firstBackoff, Duration.ofMinutes(1));
  }

  /** The longest pause after an attempt. */
  Duration backoff(int attempt) {
    Duration doubled = firstBackoff.multipliedBy(1L << Math.min(attempt, 16));
    return doubled.compareTo(maxBackoff) < 0 ? doubled : maxBackoff;
  }
}
