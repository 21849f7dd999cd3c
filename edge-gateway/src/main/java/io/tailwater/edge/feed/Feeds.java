package io.tailwater.edge.feed;

import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.client.ChannelLog;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.v1.Head;
import io.tailwater.contract.v1.HeadsPage;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.SegmentSource;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.loop.EdgeLoops;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The partitions that this gateway follows: those in which it has subscribers, and for some time
 * after. Any thread.
 */
public final class Feeds {
  private static final long HEADS_PERIOD_MS = 1_000;
  private static final long HEADS_RETRY_MS = 100;

  private final ChannelLog log;
  private final EdgeLoops loops;
  private final FeedsByPartition<PartitionFeed> durable;
  private final FeedsByPartition<EphemeralFeed> ephemeral;
  private final AtomicBoolean asking = new AtomicBoolean();

  /**
   * @param nanoTime the clock, nanoseconds
   */
  public Feeds(
      ChannelLog log,
      SegmentSource broadcast,
      EdgeLoops loops,
      LogConfiguration configuration,
      Admission admission,
      LongSupplier nanoTime,
      MeterRegistry meters) {
    this.log = log;
    this.loops = loops;
    Budget budget = new Budget(configuration.tailsBytes());
    PageTurns turns = new PageTurns(configuration.pagesAtOnce());
    Commons commons =
        new Commons(
            log,
            broadcast,
            configuration,
            budget,
            turns,
            admission,
            FeedMeters.of(meters),
            nanoTime);
    this.durable =
        new FeedsByPartition<>(
            broadcast,
            (namespace, partition) ->
                new PartitionFeed(
                    namespace, partition, loops.any(), commons, this::release, this::askHeads));
    this.ephemeral =
        new FeedsByPartition<>(
            broadcast,
            (namespace, partition) ->
                new EphemeralFeed(namespace, partition, loops.any(), commons, this::release));
    meters.gauge("tailwater.edge.tail.bytes", budget, Budget::bytes);
    meters.gauge("tailwater.edge.partitions", durable, FeedsByPartition::size);
    meters.gauge("tailwater.edge.ephemeral.partitions", ephemeral, FeedsByPartition::size);
    meters.gauge("tailwater.edge.pages.waiting", turns, PageTurns::waiting);
  }

  /** Begins to ask for heads, periodically. */
  public void start() {
    loops
        .any()
        .eventLoop()
        .scheduleAtFixedRate(this::tick, HEADS_PERIOD_MS, HEADS_PERIOD_MS, TimeUnit.MILLISECONDS);
  }

  /**
   * Opens a selection of a namespace that exists: of a channel its partition, of a pattern all
   * partitions in order.
   *
   * @param fresh its reader wants everything that is in the log now, not only what has come here
   */
  public List<CompletableFuture<Opened>> open(
      Namespace namespace, Selection selection, Start start, boolean fresh) {
    return switch (selection.scope()) {
      case Channel channel ->
          List.of(
              open(namespace, FeedsByPartition.home(namespace, channel), selection, start, fresh));
      case ChannelPattern pattern ->
          IntStream.range(0, namespace.getPartitions())
              .mapToObj(partition -> open(namespace, partition, selection, start, fresh))
              .toList();
    };
  }

  private CompletableFuture<Opened> open(
      Namespace namespace, int partition, Selection selection, Start start, boolean fresh) {
    if (namespace.getEphemeral()) {
      return ephemeral.of(namespace, partition).open(selection);
    }
    Start begin = start.in(partition, namespace.getPartitions());
    return durable
        .of(namespace, partition)
        .open(new Openings.Opening(selection, namespace, begin, fresh));
  }

  /** The channels of a namespace that have readers on this gateway, and how many. */
  public CompletableFuture<Map<Channel, Integer>> readers(String namespace) {
    List<CompletableFuture<Map<Channel, Integer>>> parts =
        Stream.concat(durable.all().stream(), ephemeral.all().stream())
            .filter(feed -> feed.namespace().equals(namespace))
            .map(Feed::readers)
            .toList();
    return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new))
        .thenApply(
            done -> {
              Map<Channel, Integer> all = new HashMap<>();
              parts.forEach(part -> all.putAll(part.join()));
              return all;
            });
  }

  /** A feed belongs to one of them, and is unknown to the other. */
  private void release(Feed feed) {
    durable.release(feed);
    ephemeral.release(feed);
  }

  private void tick() {
    ephemeral.all().forEach(Feed::tick);
    if (durable.size() > 0) {
      askHeads();
      durable.all().forEach(Feed::tick);
    }
  }

  /** Asks one event-core how far the partitions have come, unless a request is in flight. */
  private void askHeads() {
    if (!asking.compareAndSet(false, true)) {
      // The answer in flight may be older than a partition's feed. That is no harm, since what came
      // in between is beyond its head.
      return;
    }
    log.heads()
        .whenComplete(
            (page, failure) -> {
              asking.set(false);
              if (failure == null) {
                onHeads(page);
              } else if (durable.all().stream().anyMatch(PartitionFeed::waitsForHead)) {
                loops
                    .any()
                    .eventLoop()
                    .schedule(this::askHeads, HEADS_RETRY_MS, TimeUnit.MILLISECONDS);
              }
            });
  }

  private void onHeads(HeadsPage page) {
    for (Head head : page.getHeadsList()) {
      PartitionFeed feed = durable.get(head.getNamespace(), head.getPartition());
      if (feed != null) {
        feed.head(head);
      }
    }
  }
}
