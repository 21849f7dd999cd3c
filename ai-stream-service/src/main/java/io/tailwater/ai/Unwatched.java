package io.tailwater.ai;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * How long streams have gone unwatched. Confined to one thread. Takes time and what was seen, and
 * touches nothing.
 */
final class Unwatched {
  private final long limitNanos;
  private Map<StreamId, Long> since = Map.of();

  Unwatched(Duration limit) {
    this.limitNanos = limit.toNanos();
  }

  /** It could not be seen who is watched: the time begins anew for all. */
  void blind() {
    since = Map.of();
  }

  /**
   * It was seen who is watched.
   *
   * @param nanos when, of a clock that only moves forward
   * @param streams all that run and care
   * @param watched those of them that are
   * @return those that have been seen unwatched for the limit, and not once watched
   */
  Set<StreamId> see(long nanos, Collection<StreamId> streams, Set<StreamId> watched) {
    Map<StreamId, Long> now = new HashMap<>();
    Set<StreamId> due = new HashSet<>();
    for (StreamId stream : streams) {
      if (!watched.contains(stream)) {
        long began = since.getOrDefault(stream, nanos);
        now.put(stream, began);
        if (nanos - began >= limitNanos) {
          due.add(stream);
        }
      }
    }
    since = now;
    return due;
  }
}
