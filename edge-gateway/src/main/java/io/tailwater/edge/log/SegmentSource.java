package io.tailwater.edge.log;

import io.tailwater.contract.v1.Segment;
import java.util.function.Consumer;

/**
 * Where broadcast segments come from. It may lose, repeat and reorder them, or be disconnected: the
 * feed of a partition notices, and follows the log instead. Any thread.
 */
public interface SegmentSource {
  /**
   * Sends this partition's segments to the sink, until {@link #unsubscribe}.
   *
   * @param connectedChanged called when {@link #connected(String, int)} may have changed for the
   *     partition; any thread, as the sink
   */
  void subscribe(
      String namespace, int partition, Consumer<Segment> sink, Runnable connectedChanged);

  /** Sends this partition's segments no more. */
  void unsubscribe(String namespace, int partition);

  /** Whether segments of a subscribed partition may be expected now. */
  boolean connected(String namespace, int partition);

  /** Whether segments of all subscribed partitions may be expected now. */
  boolean connected();
}
