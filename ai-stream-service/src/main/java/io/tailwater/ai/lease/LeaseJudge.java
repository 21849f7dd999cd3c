package io.tailwater.ai.lease;

import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.threads.Confinement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Owned by one thread: decides which streams have lost their producer. A pure function of time and
 * of what was seen.
 *
 * <p>The one clock of leases is the store's: a lease exists or it does not. What is judged here is
 * the store. After an outage, a restart or a loss of its content, no producer is declared gone
 * before a full lease has passed: by then every living producer has renewed. Streams that were
 * registered before such a break are remembered, since a store that lost leases lost registrations
 * too.
 */
final class LeaseJudge {
  private final long ttlNanos;
  private @Nullable String incarnation;
  private long trustedSince;
  private boolean blind = true;
  private boolean brokenOff;
  private Set<StreamId> remembered = Set.of();
  private final Confinement confinement = new Confinement();

  LeaseJudge(Duration ttl) {
    this.ttlNanos = ttl.toNanos();
  }

  /** The store did not answer. */
  void blind() {
    assert confinement.holds();
    blind = true;
  }

  /**
   * The store was seen.
   *
   * @param nanos when, of a clock that only moves forward
   * @return streams whose producers are gone
   */
  Set<StreamId> see(long nanos, Sight sight) {
    assert confinement.holds();
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
   * The state of the store.
   *
   * @param incarnation changes when the store may have lost content
   * @param registered the streams whose leases are judged
   * @param held those of them that have a lease
   */
  record Sight(String incarnation, Set<StreamId> registered, Set<StreamId> held) {}
}
