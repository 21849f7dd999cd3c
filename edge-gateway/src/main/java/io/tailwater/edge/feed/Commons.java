package io.tailwater.edge.feed;

import io.tailwater.client.ChannelLog;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.log.SegmentSource;
import java.util.function.LongSupplier;

/**
 * What all feeds of a gateway share. Immutable; its parts are for any thread.
 *
 * @param turns bounds the pages that are read at one time
 * @param admission limits the bytes of pages per second
 * @param nanoTime the gateway's clock, nanoseconds
 */
record Commons(
    ChannelLog log,
    SegmentSource broadcast,
    LogConfiguration configuration,
    Budget budget,
    PageTurns turns,
    Admission admission,
    FeedMeters meters,
    LongSupplier nanoTime) {
  long now() {
    return nanoTime.getAsLong();
  }
}
