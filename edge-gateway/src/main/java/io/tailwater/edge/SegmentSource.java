package io.tailwater.edge;

import io.tailwater.contract.v1.Segment;
import java.util.function.Consumer;

/**
 * Where broadcast segments come from. It may lose, repeat and reorder them, or be gone: a {@link
 * PartitionFeed} notices and follows the log itself.
 */
interface SegmentSource {
  /** Sends this partition's segments to the sink, on any thread, until {@link #unsubscribe}. */
  void subscribe(String namespace, int partition, Consumer<Segment> sink);

  void unsubscribe(String namespace, int partition);

  /** Whether segments may be expected at all. */
  boolean connected();

  /** Called on any thread whenever {@link #connected} changes. */
  void onChange(Runnable listener);
}
