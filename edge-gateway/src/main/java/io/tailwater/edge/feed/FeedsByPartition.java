package io.tailwater.edge.feed;

import io.tailwater.contract.Channel;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.log.SegmentSource;
import java.util.Collection;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The feeds of one kind on this gateway, one for each partition that is read here, and their
 * subscriptions of the broadcast. Any thread.
 */
final class FeedsByPartition<F extends Feed> {
  private final ConcurrentMap<Key, F> feeds = new ConcurrentHashMap<>();
  private final SegmentSource broadcast;
  private final Opening<F> opening;

  FeedsByPartition(SegmentSource broadcast, Opening<F> opening) {
    this.broadcast = broadcast;
    this.opening = opening;
  }

  /** Constructs the feed of a partition. */
  interface Opening<F> {
    F open(String namespace, int partition);
  }

  private record Key(String namespace, int partition) {}

  /** The partition that holds a channel. */
  static int home(Namespace namespace, Channel channel) {
    return HomePartition.of(
        namespace.getPartitioner(), channel.keyBytes(), namespace.getPartitions());
  }

  /** The feed of a partition, opened if it was not. */
  F of(Namespace namespace, int partition) {
    return feeds.computeIfAbsent(new Key(namespace.getName(), partition), this::open);
  }

  private F open(Key key) {
    F feed = opening.open(key.namespace, key.partition);
    broadcast.subscribe(key.namespace, key.partition, feed::segment, feed::broadcastChanged);
    return feed;
  }

  /** Ends a feed, unless another one has its partition by now. */
  void release(Feed feed) {
    feeds.computeIfPresent(
        new Key(feed.namespace(), feed.partition()),
        (key, now) -> {
          if (now != feed) {
            return now;
          }
          // Within the update, or it would end the subscription of the partition's next feed.
          broadcast.unsubscribe(key.namespace, key.partition);
          return null;
        });
  }

  @Nullable F get(String namespace, int partition) {
    return feeds.get(new Key(namespace, partition));
  }

  Collection<F> all() {
    return feeds.values();
  }

  int size() {
    return feeds.size();
  }
}
