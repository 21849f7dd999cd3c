package io.tailwater.edge.log;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.loop.EdgeLoops;
import java.util.concurrent.CompletableFuture;

/**
 * The Redis channels of ephemeral namespaces that this gateway listens to: those in which it has
 * subscribers, and for some time after. Any thread.
 */
final class EphemeralFeeds {
  private final FeedsByPartition<EphemeralFeed> feeds;
  private final Feeds all;
  private final SegmentSource broadcast;
  private final Counter missed;

  EphemeralFeeds(Feeds all, SegmentSource broadcast, EdgeLoops loops, MeterRegistry meters) {
    this.all = all;
    this.broadcast = broadcast;
    this.feeds =
        new FeedsByPartition<>(
            broadcast,
            (namespace, partition) -> new EphemeralFeed(namespace, partition, loops.any(), this));
    this.missed = meters.counter("tailwater.edge.ephemeral.missed");
    meters.gauge("tailwater.edge.ephemeral.partitions", feeds, FeedsByPartition::size);
  }

  CompletableFuture<Opened> open(Namespace namespace, Channel channel) {
    return feeds.take(namespace, channel).open(channel);
  }

  /** How many cursors read a channel on this gateway. */
  CompletableFuture<Integer> readers(Namespace namespace, Channel channel) {
    return feeds.readers(namespace, channel);
  }

  void tick() {
    feeds.all().forEach(EphemeralFeed::tick);
  }

  /** The gateway's clock and its budget for tails. */
  Feeds all() {
    return all;
  }

  /** Whether events of this feed's channels may be expected. */
  boolean listens(EphemeralFeed feed) {
    return broadcast.connected(feed.namespace(), feed.partition());
  }

  /** A reader was too slow for what its tail holds. */
  void missed() {
    missed.increment();
  }

  void giveUp(EphemeralFeed feed) {
    feeds.giveUp(feed);
  }
}
