package io.tailwater.edge;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.tailwater.contract.Channel;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.v1.Namespace;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The Redis channels of ephemeral namespaces that this gateway listens to: those in which it has
 * subscribers, and for some time after. Any thread.
 */
final class EphemeralFeeds {
  private final ConcurrentMap<Key, EphemeralFeed> feeds = new ConcurrentHashMap<>();
  private final Feeds all;
  private final SegmentSource broadcast;
  private final EdgeLoops loops;
  private final Counter missed;

  EphemeralFeeds(Feeds all, SegmentSource broadcast, EdgeLoops loops, MeterRegistry meters) {
    this.all = all;
    this.broadcast = broadcast;
    this.loops = loops;
    this.missed = meters.counter("tailwater.edge.ephemeral.missed");
    meters.gaugeMapSize("tailwater.edge.ephemeral.partitions", Tags.empty(), feeds);
  }

  private record Key(String namespace, int partition) {}

  CompletableFuture<Opened> open(Namespace namespace, Channel channel) {
    return feeds.computeIfAbsent(key(namespace, channel), this::takeUp).open(channel);
  }

  /** How many cursors read a channel on this gateway. */
  CompletableFuture<Integer> readers(Namespace namespace, Channel channel) {
    EphemeralFeed feed = feeds.get(key(namespace, channel));
    return feed == null ? CompletableFuture.completedFuture(0) : feed.readers(channel);
  }

  void tick() {
    feeds.values().forEach(EphemeralFeed::tick);
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
    feeds.computeIfPresent(
        new Key(feed.namespace(), feed.partition()),
        (key, now) -> {
          if (now != feed) {
            return now;
          }
          // Within, or it would end what the next feed of this partition subscribes to.
          broadcast.unsubscribe(key.namespace, key.partition);
          return null;
        });
  }

  private EphemeralFeed takeUp(Key key) {
    EphemeralFeed feed = new EphemeralFeed(key.namespace, key.partition, loops.any(), this);
    broadcast.subscribe(key.namespace, key.partition, feed::segment, feed::broadcastChanged);
    return feed;
  }

  private static Key key(Namespace namespace, Channel channel) {
    return new Key(
        namespace.getName(),
        HomePartition.of(
            namespace.getPartitioner(), channel.keyBytes(), namespace.getPartitions()));
  }
}
