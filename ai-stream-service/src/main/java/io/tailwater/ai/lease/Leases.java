package io.tailwater.ai.lease;

import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes and reads the leases of single streams, as far as the store answers. Any thread. Streams
 * go on without the store, but their creator may be unknown.
 */
public final class Leases {
  private static final Logger LOG = LoggerFactory.getLogger(Leases.class);

  private final LeaseStore store;
  private final StreamMetrics metrics;

  /** Over this store. */
  public Leases(LeaseStore store, StreamMetrics metrics) {
    this.store = store;
    this.metrics = metrics;
  }

  /**
   * Writes the lease of a stream that begins here, which the {@link LeaseKeeper} then renews, and
   * puts it on the lists of streams.
   */
  public void hold(StreamId id, String creator, long createdMs) {
    attempt(
        () -> {
          store.hold(Map.of(id, creator));
          store.list(id, creator, createdMs);
        });
  }

  /**
   * Streams by their creation, the newest first.
   *
   * @param creator only those of this subject; empty for all
   * @param throughMs only those that were created until then
   * @throws RequestException {@code unavailable} while the store is away
   */
  public List<Listed> listed(String creator, long throughMs, int count) {
    try {
      return store.listed(creator, throughMs, count);
    } catch (LeaseStoreException e) {
      metrics.leaseStoreFailed();
      throw new RequestException(
          ErrorCode.UNAVAILABLE, "Redis, which has the list of streams, is away; try again");
    }
  }

  /** Removes the lease of a stream that has ended. */
  public void release(StreamId id) {
    attempt(() -> store.release(id));
  }

  /** Has the lease of a stream of another instance judged. */
  public void adopt(StreamId id) {
    attempt(() -> store.register(id));
  }

  /** Subject of a stream's creator; empty if it is not known. */
  public String creator(StreamId id) {
    try {
      return store.creator(id);
    } catch (LeaseStoreException e) {
      metrics.leaseStoreFailed();
      return "";
    }
  }

  private void attempt(Command command) {
    try {
      command.run();
    } catch (LeaseStoreException e) {
      metrics.leaseStoreFailed();
      LOG.debug("a lease was not written: {}", e.getMessage());
    }
  }

  private interface Command {
    void run() throws LeaseStoreException;
  }
}
