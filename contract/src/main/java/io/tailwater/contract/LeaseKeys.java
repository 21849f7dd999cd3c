package io.tailwater.contract;

/**
 * Keys in Redis that tell of AI streams. The braces keep all of them on one shard of a Cluster: a
 * shard that comes back empty has forgotten everything or nothing of them.
 */
public final class LeaseKeys {
  /** Before all that follows. */
  public static final String PREFIX = "tw:{ai}:";

  /** The set of ids whose leases are to be judged; gateways add what is watched. */
  public static final String RUNNING = PREFIX + "running";

  /** Tells a Redis that was emptied from the one before. */
  public static final String INCARNATION = PREFIX + "incarnation";

  private LeaseKeys() {}

  /** Who began the stream. */
  public static String creator(String id) {
    return PREFIX + "creator:" + id;
  }

  /** There as long as the stream's producer renews it. */
  public static String lease(String id) {
    return PREFIX + "lease:" + id;
  }

  /** There as long as a gateway has somebody who watches; written by gateways. */
  public static String watched(String id) {
    return PREFIX + "watched:" + id;
  }
}
