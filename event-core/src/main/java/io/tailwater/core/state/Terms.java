package io.tailwater.core.state;

import java.time.Duration;

/**
 * Immutable: what the reducer must know of a log beside its records.
 *
 * @param epoch of the topic
 * @param earliest the first retained offset
 * @param forever whether the namespace keeps all records
 */
public record Terms(String epoch, long earliest, boolean forever) {
  /** How long the keys of publications that may come late are remembered. */
  public static final long KEY_MEMORY_MS = Duration.ofDays(30).toMillis();

  /** How far a writer's clock may be ahead of the record's time. */
  public static final long MAX_AHEAD_MS = Duration.ofMinutes(5).toMillis();
}
