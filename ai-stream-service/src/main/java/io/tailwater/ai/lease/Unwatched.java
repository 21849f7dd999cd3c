package io.tailwater.ai.lease;

import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.threads.Confinement;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Owned by one thread: measures how long streams have been unwatched. A pure function of time and
 * of what was seen.
 */
final class Unwatched {
  private final Confinement confinement = new Confinement();
  private Map<StreamId, Long> since = Map.of();

  /** It is not known which streams are watched: the time restarts for all. */
  void blind() {
    assert confinement.holds();
    since = Map.of();
  }

  /**
   * It is known which streams are watched.
   *
   * @param nanos when, of a clock that only moves forward
   * @param limits of all that are cancelled when unwatched: after how long
   * @param watched those of them that are
   * @return those that were unwatched each time they were seen, for at least the limit
   */
  Set<StreamId> see(long nanos, Map<StreamId, Duration> limits, Set<StreamId> watched) {
    assert confinement.holds();
    Map<StreamId, Long> now = new HashMap<>();
    Set<StreamId> due = new HashSet<>();
    for (Map.Entry<StreamId, Duration> each : limits.entrySet()) {
      StreamId stream = each.getKey();
      if (!watched.contains(stream)) {
        long began = since.getOrDefault(stream, nanos);
        now.put(stream, began);
        if (nanos - began >= each.getValue().toNanos()) {
          due.add(stream);
        }
      }
    }
    since = now;
    return due;
  }
}
