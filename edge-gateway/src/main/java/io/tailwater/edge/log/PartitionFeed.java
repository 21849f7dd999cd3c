package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.Head;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.contract.v1.Segment;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The gateway's own cursor over one partition: its {@code through}, and the tails of the channels
 * that are read here. Confined to one event loop; what others ask of it are the methods marked so,
 * which enqueue.
 *
 * <p>A segment that begins at or before {@code through} is applied, and what is known of it falls
 * away. One that begins beyond shows a hole, which {@code Follow} fills: the broadcast may lose,
 * repeat and reorder as it likes.
 */
final class PartitionFeed implements Feed {
  private static final Logger LOG = LoggerFactory.getLogger(PartitionFeed.class);

  /** How long a head beyond ours may wait for its segment. */
  private static final long SEGMENT_GRACE_MS = 200;

  private static final int FOLLOW_WAIT_MS = 5_000;
  private static final int PAGE_BYTES = 64 << 10;

  private final String namespace;
  private final int partition;
  private final EdgeLoop loop;
  private final Feeds feeds;
  private final Tails tails;
  private final Openings openings;
  private final Replay replay;
  private final Fanout fanout;
  private final List<Awaiting> awaitingHead = new ArrayList<>();
  private volatile @Nullable Epoch epoch;
  private long through;
  private long target;
  private boolean following;
  private final Backoff backoff = new Backoff();
  private long idleSinceNanos;
  private volatile boolean givenUp;

  PartitionFeed(String namespace, int partition, EdgeLoop loop, Feeds feeds) {
    this.namespace = namespace;
    this.partition = partition;
    this.loop = loop;
    this.feeds = feeds;
    this.idleSinceNanos = feeds.nanoTime();
    this.tails = new Tails(feeds, feeds.tailLimit());
    this.fanout = new Fanout(this, tails, feeds::nanoTime);
    this.openings = new Openings(this, tails, loop, feeds);
    this.replay = new Replay(this, loop, feeds);
  }

  /** A subscription that cannot begin before the partition's head is known. */
  private record Awaiting(CompletableFuture<Opened> answer, Runnable task) {}

  // --- what others ask of it, from any thread ---

  /**
   * Opens a channel: the answer comes when the log has told where the cursor stands and whether the
   * channel is closed. The tail stays until {@link #attach} or {@link #abandon}.
   */
  CompletableFuture<Opened> open(Openings.Opening opening) {
    CompletableFuture<Opened> answer = new CompletableFuture<>();
    loop.execute(
        () -> {
          if (givenUp) {
            answer.completeExceptionally(
                new RequestException(ErrorCode.UNAVAILABLE, "the partition was given up just now"));
          } else {
            whenReady(answer, () -> openings.open(opening, answer));
          }
        });
    return answer;
  }

  @Override
  public void attach(Opened opened, Cursor cursor, EdgeLoop reader) {
    loop.execute(() -> onAttach(opened.tail(), cursor, reader));
  }

  @Override
  public void abandon(Opened opened) {
    loop.execute(() -> opened.tail().unpin(feeds.nanoTime()));
  }

  @Override
  public void detach(Tail tail, PartitionView view) {
    loop.execute(() -> fanout.detach(tail, view));
  }

  @Override
  public void awaitPage(Tail tail, Cursor cursor, Position after, EdgeLoop reader) {
    loop.execute(
        () -> {
          PartitionView view = fanout.of(reader);
          if (view != null) { // otherwise it has left meanwhile
            replay.await(tail, new Tail.Waiter(cursor, after, view));
          }
        });
  }

  @Override
  public void segment(Segment segment) {
    loop.execute(() -> onSegment(segment));
  }

  void head(Head head) {
    loop.execute(() -> onHead(head));
  }

  @Override
  public void broadcastChanged() {
    loop.execute(this::drive);
  }

  void tick() {
    loop.execute(this::onTick);
  }

  @Override
  public CompletableFuture<Integer> readers(Channel channel) {
    CompletableFuture<Integer> answer = new CompletableFuture<>();
    loop.execute(
        () -> {
          Tail tail = tails.get(channel.key());
          answer.complete(tail == null ? 0 : tail.readers());
        });
    return answer;
  }

  /** The channels that have readers here. */
  CompletableFuture<List<Channel>> read() {
    CompletableFuture<List<Channel>> answer = new CompletableFuture<>();
    loop.execute(
        () ->
            answer.complete(
                tails.all().stream()
                    .filter(tail -> tail.readers() > 0)
                    .map(Tail::channel)
                    .toList()));
    return answer;
  }

  boolean waitsForHead() {
    return epoch == null;
  }

  // --- subscriptions ---

  private void whenReady(CompletableFuture<Opened> answer, Runnable task) {
    idleSinceNanos = feeds.nanoTime();
    if (epoch != null) {
      task.run();
    } else {
      awaitingHead.add(new Awaiting(answer, task));
      feeds.askHeads();
    }
  }

  private void onAttach(Tail tail, Cursor cursor, EdgeLoop reader) {
    fanout.attach(tail, cursor, reader, currentEpoch(), through);
    // It was checked when it was opened, but may have been cut since.
    openings.check(tail);
  }

  // --- what its parts ask of it, on its loop ---

  /** Reads of a channel, at least through its tail's floor. */
  CompletableFuture<ReadPage> read(Tail tail, ReadRequest.Builder request, int limit) {
    return feeds
        .log()
        .read(
            request
                .setChannel(tail.channel().toString())
                .setLimit(limit)
                .setMaxBytes(PAGE_BYTES)
                .setAtLeast(tail.floor())
                .setAtLeastEpoch(currentEpoch().text())
                .build());
  }

  static ReadRequest.Builder after(Position position) {
    return ReadRequest.newBuilder()
        .setAfter(
            io.tailwater.contract.v1.Position.newBuilder()
                .setEpoch(position.epoch().text())
                .setOffset(position.offset()));
  }

  /**
   * A page of another epoch than the one that was asked for was confirmed with Kafka by the
   * event-core that gave it. One that comes late, when ours has changed meanwhile, says nothing.
   */
  void confirmEpoch(Epoch asked, ReadPage page) {
    if (asked.equals(currentEpoch()) && !epochIs(page.getEpoch())) {
      cut(new Epoch(page.getEpoch()), page.getHead());
    }
  }

  /** An event-core has come so far: what lies between is on its way here, or lost. */
  void expect(ReadPage page) {
    expect(page.getEpoch(), page.getHead());
  }

  void tellClosedThrough(Tail tail) {
    long closedThrough = tail.closedThrough();
    fanout.tell(tail, view -> view.onClosedThrough(tail, closedThrough));
  }

  Epoch currentEpoch() {
    if (epoch == null) {
      throw new IllegalStateException("asked before the partition's head was known");
    }
    return epoch;
  }

  long through() {
    return through;
  }

  // --- the partition's own cursor ---

  private void onHead(Head head) {
    if (epoch == null) {
      epoch = new Epoch(head.getEpoch());
      through = head.getThrough();
      target = through;
      List<Awaiting> subscriptions = List.copyOf(awaitingHead);
      awaitingHead.clear();
      subscriptions.forEach(subscription -> subscription.task.run());
      drive();
      return;
    }
    if (!head.getEpoch().equals(epoch.text())) {
      // Only a hint: an instance may be behind. Follow tells.
      follow(0);
      return;
    }
    trimBelow(head.getEarliest());
    expect(head.getEpoch(), head.getThrough());
  }

  private void expect(String ofEpoch, long head) {
    if (head > through) {
      loop.eventLoop()
          .schedule(
              () -> {
                if (through < head && epochIs(ofEpoch)) {
                  target = Math.max(target, head);
                  drive();
                }
              },
              SEGMENT_GRACE_MS,
              TimeUnit.MILLISECONDS);
    }
  }

  private void onSegment(Segment segment) {
    if (epoch == null) {
      return;
    }
    if (!epochIs(segment.getEpoch())) {
      follow(0);
    } else if (segment.getFrom() > through) {
      feeds.holeFound();
      target = Math.max(target, segment.getThrough());
      drive();
    } else if (segment.getThrough() > through) {
      apply(segment);
    }
  }

  private void apply(Segment segment) {
    long from = through;
    Map<Tail, List<Event>> byTail = new LinkedHashMap<>();
    for (Event event : segment.getEventsList()) {
      if (event.getOffset() > from) {
        Tail tail = tails.get(event.getChannelKey());
        if (tail != null) {
          byTail.computeIfAbsent(tail, key -> new ArrayList<>(2)).add(event);
        }
      }
    }
    through = segment.getThrough();
    fanout.advance(byTail, currentEpoch(), from, through);
  }

  /**
   * Retention has removed what came at or before this offset; no position below it may be honoured
   * in silence.
   */
  private void trimBelow(long earliest) {
    for (Tail tail : tails.all()) {
      if (tail.floor() < earliest) {
        tails.raiseFloor(tail, earliest);
        fanout.floorRose(tail);
        if (tail.closedThrough() <= earliest) {
          openings.uncheck(tail);
        }
      }
    }
  }

  /** Follows when there is a hole to fill, or no broadcast to wait for. */
  private void drive() {
    if (epoch == null || following) {
      return;
    }
    if (target > through) {
      follow(0);
    } else if (!feeds.broadcast().connected(namespace, partition) && !fanout.isEmpty()) {
      follow(FOLLOW_WAIT_MS);
    }
  }

  private void follow(int waitMs) {
    if (following || givenUp) {
      return;
    }
    following = true;
    Epoch asked = currentEpoch();
    FollowRequest request =
        FollowRequest.newBuilder()
            .setNamespace(namespace)
            .setPartition(partition)
            .setEpoch(asked.text())
            .setAfter(through)
            .setWaitMs(waitMs)
            .build();
    feeds
        .log()
        .follow(request)
        .whenCompleteAsync(
            (page, failure) -> {
              following = false;
              if (failure != null) {
                driveLater(failure);
              } else if (asked.equals(currentEpoch())) {
                onFollowed(page);
              } else {
                drive();
              }
            },
            loop::execute);
  }

  private void onFollowed(FollowPage page) {
    switch (page.getOutcome()) {
      case SEGMENTS -> {
        long before = through;
        for (Segment segment : page.getSegmentsList()) {
          if (segment.getFrom() <= through
              && segment.getThrough() > through
              && epochIs(segment.getEpoch())) {
            apply(segment);
          }
        }
        feeds.followed(page.getSegmentsCount());
        if (through > before) {
          backoff.reset();
          drive();
        } else if (target > through) {
          driveLater(null);
        } else {
          drive();
        }
      }
      case TOO_OLD -> cut(currentEpoch(), page.getThrough());
      case FOREIGN -> cut(new Epoch(page.getEpoch()), page.getThrough());
      case BEHIND -> driveLater(null);
      case OUTCOME_UNSPECIFIED, UNRECOGNIZED -> driveLater(null);
    }
  }

  private void driveLater(@Nullable Throwable failure) {
    if (failure != null) {
      LOG.debug(
          "follow of {}:{} after {}: {}", namespace, partition, through, failure.getMessage());
    }
    loop.eventLoop().schedule(this::drive, backoff.nextMs(), TimeUnit.MILLISECONDS);
  }

  /**
   * Every tail begins anew here; its readers catch up by pages, like any reader that fell behind.
   */
  private void cut(Epoch newEpoch, long newThrough) {
    boolean backwards = newEpoch.equals(epoch) && newThrough < through;
    if (backwards) {
      driveLater(null);
      return;
    }
    LOG.info(
        "{}:{} goes on at {}-{}; its readers catch up", namespace, partition, newEpoch, newThrough);
    epoch = newEpoch;
    through = newThrough;
    target = newThrough;
    tails.cut(newThrough);
    fanout.tellAll(view -> view.onCut(newEpoch, newThrough));
    tails.all().forEach(openings::checkForReaders);
    drive();
  }

  private void onTick() {
    // Those who gave up come again, and would add up for as long as no event-core answers.
    awaitingHead.removeIf(subscription -> subscription.answer.isDone());
    long now = feeds.nanoTime();
    if (tails.sweep() || !awaitingHead.isEmpty()) {
      idleSinceNanos = now;
    } else if (now - idleSinceNanos > feeds.partitionLingerNanos()) {
      givenUp = true;
      feeds.giveUp(this);
    }
    drive();
  }

  @Override
  public String namespace() {
    return namespace;
  }

  @Override
  public int partition() {
    return partition;
  }

  private boolean epochIs(String text) {
    return epoch != null && epoch.text().equals(text);
  }
}
