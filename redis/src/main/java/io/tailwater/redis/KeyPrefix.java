package io.tailwater.redis;

import org.jspecify.annotations.Nullable;

/**
 * The beginning of a platform's channels in Redis. Platforms that share a Redis differ in it. Any
 * thread.
 */
@FunctionalInterface
public interface KeyPrefix {
  /** The prefix as it is now; null until it is known. */
  @Nullable String now();
}
