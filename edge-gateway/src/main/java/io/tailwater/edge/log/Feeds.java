package io.tailwater.edge.log;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.client.ChannelLog;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Head;
import io.tailwater.contract.v1.HeadsPage;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.loop.EdgeLoops;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * The partitions that this gateway follows: those in which it has subscribers, and for some time
 * after. Any thread.
 */
public final class Feeds {
  private static final long HEADS_PERIOD_MS = 1_000;
  private static final long ASK_AGAIN_MS = 100;

  private final ChannelLog log;
  private final SegmentSource broadcast;
  private final EdgeLoops loops;
  private final LogConfiguration configuration;
  private final LongSupplier nanoTime;
  private final Admission admission;
  private final PageTurns replay;
  private final EphemeralFeeds ephemeral;
  private final FeedsByPartition<PartitionFeed> feeds;
  private final AtomicBoolean asking = new AtomicBoolean();
  private final AtomicLong tailBytes = new AtomicLong();
  private final Counter holes;
  private final Counter followed;
  private final Counter replayed;

  public Feeds(
      ChannelLog log,
      SegmentSource broadcast,
      EdgeLoops loops,
      LogConfiguration configuration,
      Admission admission,
      LongSupplier nanoTime,
      MeterRegistry meters) {
    this.log = log;
    this.broadcast = broadcast;
    this.loops = loops;
    this.configuration = configuration;
    this.admission = admission;
    this.nanoTime = nanoTime;
    this.replay = new PageTurns(configuration.pagesAtOnce());
    this.feeds =
        new FeedsByPartition<>(
            broadcast,
            (namespace, partition) -> new PartitionFeed(namespace, partition, loops.any(), this));
    this.holes = meters.counter("tailwater.edge.segment.holes");
    this.followed = meters.counter("tailwater.edge.followed.segments");
    this.replayed = meters.counter("tailwater.edge.replayed.events");
    this.ephemeral = new EphemeralFeeds(this, broadcast, loops, meters);
    meters.gauge("tailwater.edge.tail.bytes", tailBytes);
    meters.gauge("tailwater.edge.partitions", feeds, FeedsByPartition::size);
    meters.gauge("tailwater.edge.pages.waiting", replay, PageTurns::waiting);
  }

  public void start() {
    loops
        .any()
        .eventLoop()
        .scheduleAtFixedRate(this::tick, HEADS_PERIOD_MS, HEADS_PERIOD_MS, TimeUnit.MILLISECONDS);
  }

  /**
   * Opens a channel of a namespace that exists.
   *
   * @param fresh its reader wants everything that is in the log by now, not only what has come here
   */
  public CompletableFuture<Opened> open(
      Namespace namespace, Channel channel, Start start, boolean fresh) {
    if (namespace.getEphemeral()) {
      return ephemeral.open(namespace, channel);
    }
    return feeds
        .take(namespace, channel)
        .open(new Openings.Opening(channel, namespace, start, fresh));
  }

  /** How many cursors read a channel on this gateway. */
  public CompletableFuture<Integer> readers(Namespace namespace, Channel channel) {
    if (namespace.getEphemeral()) {
      return ephemeral.readers(namespace, channel);
    }
    return feeds.readers(namespace, channel);
  }

  /** The channels of a namespace that have readers on this gateway. */
  public CompletableFuture<List<Channel>> read(String namespace) {
    List<CompletableFuture<List<Channel>>> parts =
        feeds.all().stream()
            .filter(feed -> feed.namespace().equals(namespace))
            .map(PartitionFeed::read)
            .toList();
    return CompletableFuture.allOf(parts.toArray(CompletableFuture[]::new))
        .thenApply(done -> parts.stream().flatMap(part -> part.join().stream()).toList());
  }

  void giveUp(PartitionFeed feed) {
    feeds.giveUp(feed);
  }

  private void tick() {
    ephemeral.tick();
    if (feeds.size() > 0) {
      askHeads();
      feeds.all().forEach(PartitionFeed::tick);
    }
  }

  /** Asks one event-core how far the partitions have come, unless that is being asked already. */
  void askHeads() {
    if (!asking.compareAndSet(false, true)) {
      // The answer under way may have been given before this partition was taken up here; that is
      // no harm, for what came since is beyond its head.
      return;
    }
    log.heads()
        .whenComplete(
            (page, failure) -> {
              asking.set(false);
              if (failure == null) {
                onHeads(page);
              } else if (feeds.all().stream().anyMatch(PartitionFeed::waitsForHead)) {
                loops
                    .any()
                    .eventLoop()
                    .schedule(this::askHeads, ASK_AGAIN_MS, TimeUnit.MILLISECONDS);
              }
            });
  }

  private void onHeads(HeadsPage page) {
    for (Head head : page.getHeadsList()) {
      PartitionFeed feed = feeds.get(head.getNamespace(), head.getPartition());
      if (feed != null) {
        feed.head(head);
      }
    }
  }

  ChannelLog log() {
    return log;
  }

  SegmentSource broadcast() {
    return broadcast;
  }

  PageTurns replay() {
    return replay;
  }

  long nanoTime() {
    return nanoTime.getAsLong();
  }

  long partitionLingerNanos() {
    return configuration.partitionLinger().toNanos();
  }

  int tailLimit() {
    return configuration.tailBytes();
  }

  void tailBytes(int change) {
    tailBytes.addAndGet(change);
  }

  boolean overBudget() {
    return tailBytes.get() > configuration.tailsBytes();
  }

  void holeFound() {
    holes.increment();
  }

  void followed(int segments) {
    followed.increment(segments);
  }

  /** How long pages are not to be read, milliseconds. */
  long replayWaitMs() {
    return admission.replayWaitMs();
  }

  /** A page of these events was read. */
  void replayed(List<Event> events) {
    replayed.increment(events.size());
    admission.replayed(events.stream().mapToLong(event -> event.getData().size()).sum());
  }
}
