package io.tailwater.ai;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides whose lease is gone. The one clock of leases is the store's: a lease is there or it
 * isn't. What has to be judged here is the store itself. After it could not be asked, or is not the
 * one that it was (started anew, emptied), nobody is declared gone before a full lease has passed:
 * by then every producer that lives has renewed. What was registered before is kept in mind over
 * such a break, since a store that forgot leases forgot what was registered too.
 *
 * <p>Confined to one thread. Takes time and what was seen, and touches nothing.
 */
final class LeaseJudge {
  private final long ttlNanos;
  private @Nullable String incarnation;
  private long trustedSince;
  private boolean blind = true;
  private boolean brokenOff;
  private Set<StreamId> remembered = Set.of();

  LeaseJudge(Duration ttl) {
    this.ttlNanos = ttl.toNanos();
  }

  /** The store could not be asked. */
  void blind() {
    blind = true;
  }

  /**
   * The store was seen.
   *
   * @param nanos when, of a clock that only moves forward
   * @return whose producers are gone
   */
  Set<StreamId> see(long nanos, Sight sight) {
    if (blind || !sight.incarnation().equals(incarnation)) {
      blind = false;
      incarnation = sight.incarnation();
      trustedSince = nanos;
    }
    Set<StreamId> candidates = new HashSet<>(sight.registered());
    if (nanos - trustedSince <= ttlNanos) {
      candidates.addAll(remembered);
      remembered = candidates;
      brokenOff = true;
      return Set.of();
    }
    if (brokenOff) {
      candidates.addAll(remembered);
      brokenOff = false;
    }
    remembered = sight.registered();
    candidates.removeAll(sight.held());
    return candidates;
  }

  /**
   * What was seen of the store.
   *
   * @param incarnation equal as long as the store has forgotten nothing
   * @param registered the streams whose leases are to be judged
   * @param held those of them that have a lease
   */
  record Sight(String incarnation, Set<StreamId> registered, Set<StreamId> held) {}
}
