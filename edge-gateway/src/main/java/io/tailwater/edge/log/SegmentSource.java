package io.tailwater.edge.log;

import io.tailwater.contract.v1.Segment;
import java.util.function.Consumer;

/**
 * Where broadcast segments come from. It may lose, repeat and reorder them, or be gone: a {@link
 * PartitionFeed} notices and follows the log itself.
 */
public interface SegmentSource {
  /**
   * Sends this partition's segments to the sink, until {@link #unsubscribe}.
   *
   * @param connectedChanged called whenever {@link #connected(String, int)} may tell something else
   *     of it; any thread, as the sink
   */
  void subscribe(
      String namespace, int partition, Consumer<Segment> sink, Runnable connectedChanged);

  void unsubscribe(String namespace, int partition);

  /** Whether segments of a partition that was subscribed to may be expected now. */
  boolean connected(String namespace, int partition);

  /** Whether they may of all that were subscribed to. */
  boolean connected();
}
