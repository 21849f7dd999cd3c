package io.tailwater.core.fold;

import io.tailwater.core.state.Reason;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Written by the fold thread, read by any thread: why the newest refused records of a partition
 * were refused. Such a record leaves nothing in the store. Whoever waits for its verdict asks right
 * after the fold has passed it.
 */
public final class Conflicts {
  /** More than can wait for their verdict at a time in one partition, usually. */
  private static final int MAX_KEPT = 1_000;

  private final Map<Long, Reason> byOffset = new ConcurrentHashMap<>();
  private final ArrayDeque<Long> offsets = new ArrayDeque<>();

  void add(long offset, Reason reason) {
    byOffset.put(offset, reason);
    offsets.addLast(offset);
    if (offsets.size() > MAX_KEPT) {
      byOffset.remove(offsets.removeFirst());
    }
  }

  void clear() {
    byOffset.clear();
    offsets.clear();
  }

  /** Why the record at an offset was refused; null if it was not, or long ago. */
  public @Nullable Reason reason(long offset) {
    return byOffset.get(offset);
  }
}
