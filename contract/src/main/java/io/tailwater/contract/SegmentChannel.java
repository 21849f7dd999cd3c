package io.tailwater.contract;

/**
 * Names of the Redis pub/sub channels that carry segments, after the {@link Platform#prefix}. The
 * braces keep a partition on one shard of a Cluster.
 */
public final class SegmentChannel {
  private SegmentChannel() {}

  /** The channel on which the segments of this partition are broadcast. */
  public static String name(String namespace, int partition) {
    return "{" + namespace + ":" + partition + "}";
  }
}
