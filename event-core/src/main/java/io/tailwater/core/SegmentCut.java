package io.tailwater.core;

import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Segment;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts what was folded in one go into segments of about 256 KB, each with its own interval; a
 * larger event goes alone. Confined to the fold thread.
 */
final class SegmentCut {
  private static final int MOST_BYTES = 256 * 1024;

  private final List<Segment> segments = new ArrayList<>(1);
  private Segment.Builder current;
  private long bytes;

  /** Begins after {@code from}. */
  SegmentCut(String namespace, String epoch, int partition, long from) {
    current =
        Segment.newBuilder()
            .setNamespace(namespace)
            .setEpoch(epoch)
            .setPartition(partition)
            .setFrom(from);
  }

  /** Adds the next event. */
  void add(Event event) {
    int size = event.getSerializedSize();
    if (bytes > 0 && bytes + size > MOST_BYTES) {
      // The event before this one ends the part: what lies between them holds nothing.
      long through = current.getEvents(current.getEventsCount() - 1).getOffset();
      segments.add(current.setThrough(through).build());
      current = current.clearEvents().setFrom(through);
      bytes = 0;
    }
    current.addEvents(event);
    bytes += size;
  }

  /** All parts, the last of which reaches to {@code through}. */
  List<Segment> end(long through) {
    segments.add(current.setThrough(through).build());
    return segments;
  }
}
