package io.tailwater.core.fold;

import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Segment;
import java.util.ArrayList;
import java.util.List;

/**
 * Owned by the call that creates it: cuts the events of one fold into segments of about 256 KB,
 * each with its own interval. A larger event has a segment of its own.
 */
final class SegmentCut {
  private static final int MAX_BYTES = 256 * 1024;

  private final List<Segment> segments = new ArrayList<>(1);
  private Segment.Builder current;
  private long bytes;

  /** Begins the first segment after {@code from}. */
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
    if (bytes > 0 && bytes + size > MAX_BYTES) {
      // The previous event ends the segment: there is no event between it and this one.
      long through = current.getEvents(current.getEventsCount() - 1).getOffset();
      segments.add(current.setThrough(through).build());
      current = current.clearEvents().setFrom(through);
      bytes = 0;
    }
    current.addEvents(event);
    bytes += size;
  }

  /** All segments, the last of which ends at {@code through}. */
  List<Segment> end(long through) {
    segments.add(current.setThrough(through).build());
    return segments;
  }
}
