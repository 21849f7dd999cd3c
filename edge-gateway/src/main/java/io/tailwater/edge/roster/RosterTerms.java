package io.tailwater.edge.roster;

import java.time.Duration;

/**
 * Times of leases. Immutable.
 *
 * @param lease a gateway that did not renew its lease for this long counts as dead
 * @param renew time between two renewals; at most a fifth of the lease, so that a gateway that
 *     stops for half of it keeps its members
 * @param gap if no gateway was seen for this long, Redis was away; more than two renewals, and
 *     together with one of them less than the lease
 */
record RosterTerms(Duration lease, Duration renew, Duration gap) {
  /** The times that go with a lease. */
  static RosterTerms of(Duration lease) {
    return new RosterTerms(lease, lease.dividedBy(5), lease.multipliedBy(7).dividedBy(15));
  }
}
