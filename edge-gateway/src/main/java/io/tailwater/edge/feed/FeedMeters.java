package io.tailwater.edge.feed;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * What feeds count. Any thread.
 *
 * @param holes segments that began beyond what a feed had
 * @param followed segments that were read from the log instead
 * @param replayed events on pages that were read for cursors below the floor
 * @param ephemeralMissed how often a reader was too slow for the tail of an ephemeral channel
 */
record FeedMeters(Counter holes, Counter followed, Counter replayed, Counter ephemeralMissed) {
  static FeedMeters of(MeterRegistry meters) {
    return new FeedMeters(
        meters.counter("tailwater.edge.segment.holes"),
        meters.counter("tailwater.edge.followed.segments"),
        meters.counter("tailwater.edge.replayed.events"),
        meters.counter("tailwater.edge.ephemeral.missed"));
  }
}
