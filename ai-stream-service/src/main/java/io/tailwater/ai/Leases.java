package io.tailwater.ai;

import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What streams tell the lease store and ask it, without ever depending on it: a store that is gone
 * costs a stream nothing but that its creator may be unknown.
 */
final class Leases {
  private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

  private final LeaseStore store;
  private final StreamMetrics metrics;

  Leases(LeaseStore store, StreamMetrics metrics) {
    this.store = store;
    this.metrics = metrics;
  }

  /** A stream is about to begin here. From then on the {@link LeaseKeeper} renews its lease. */
  void hold(StreamId id, String creator) {
    attempt(() -> store.hold(Map.of(id, creator)));
  }

  /** A stream has ended, for all. */
  void release(StreamId id) {
    attempt(() -> store.release(id));
  }

  /** A stream runs elsewhere, or should: its lease is to be judged. */
  void adopt(StreamId id) {
    attempt(() -> store.register(id));
  }

  /** Who began a stream; empty if that is not known. */
  String creator(StreamId id) {
    try {
      return store.creator(id);
    } catch (LeaseStoreException e) {
      metrics.leaseStoreFailed();
      return "";
    }
  }

  private void attempt(Telling telling) {
    try {
      telling.run();
    } catch (LeaseStoreException e) {
      metrics.leaseStoreFailed();
      LOG.debug("the lease store could not be told: {}", e.getMessage());
    }
  }

  private interface Telling {
    void run() throws LeaseStoreException;
  }
}
