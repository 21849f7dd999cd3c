package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The tails of one partition, within their bounds: each its own, and the gateway's over all of
 * them. Confined to the loop of its {@link PartitionFeed}.
 */
final class Tails {
  private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int KEPT_SLACK = 1_024;

  private final Feeds feeds;
  private final int limit;
  private final Map<String, Tail> byKey = new HashMap<>();
  private final ArrayDeque<Kept> kept = new ArrayDeque<>();
  private int compactAt = KEPT_SLACK;

  /**
   * @param limit most bytes of one tail, though never less than its newest run
   */
  Tails(Feeds feeds, int limit) {
    this.feeds = feeds;
    this.limit = limit;
  }

  /** A run in the order in which runs came, for the budget over all tails. */
  private record Kept(Tail tail, Run run) {
    /** Also when its tail was given up, and holds nothing any more. */
    boolean gone() {
      Run oldest = tail.oldest();
      return oldest == null || oldest.through() > run.through();
    }
  }

  Collection<Tail> all() {
    return byKey.values();
  }

  @Nullable Tail get(String channelKey) {
    return byKey.get(channelKey);
  }

  /** The channel's tail, begun at this floor if there is none yet. */
  Tail of(Channel channel, long floor) {
    return byKey.computeIfAbsent(channel.key(), key -> new Tail(channel, floor, feeds.nanoTime()));
  }

  /** Takes the newest run of a channel, retained for its tail. */
  void append(Tail tail, Run run) {
    tail.append(run.retain());
    kept.add(new Kept(tail, run));
    feeds.tailBytes(run.weight());
    while (tail.weight() > limit && tail.oldest() != run) {
      feeds.tailBytes(-tail.trimOldest());
    }
  }

  /** Lets the oldest runs go while all tails together hold too much. */
  void trimToBudget(Consumer<Tail> floorRose) {
    while (!kept.isEmpty() && (kept.getFirst().gone() || feeds.overBudget())) {
      Kept oldest = kept.removeFirst();
      if (!oldest.gone()) {
        feeds.tailBytes(-oldest.tail.trimOldest());
        floorRose.accept(oldest.tail);
      }
    }
    if (kept.size() > compactAt) {
      kept.removeIf(Kept::gone);
      compactAt = 2 * kept.size() + KEPT_SLACK;
    }
  }

  void raiseFloor(Tail tail, long floor) {
    feeds.tailBytes(-tail.raiseFloor(floor));
  }

  /** Every tail begins anew at this floor. */
  void cut(long floor) {
    for (Tail tail : byKey.values()) {
      feeds.tailBytes(-tail.cut(floor));
    }
    kept.clear();
  }

  /** Lets go what nobody has read for some time; whether anything is left. */
  boolean sweep() {
    long now = feeds.nanoTime();
    byKey
        .values()
        .removeIf(
            tail -> {
              boolean idle = tail.idleFor(LINGER_NANOS, now);
              if (idle) {
                feeds.tailBytes(-tail.release());
              }
              return idle;
            });
    return !byKey.isEmpty();
  }
}
