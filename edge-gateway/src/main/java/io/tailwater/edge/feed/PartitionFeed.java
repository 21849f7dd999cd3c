package io.tailwater.edge.feed;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.Head;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.contract.v1.Segment;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.contract.v1.StateRequest;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.Redactions;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.SnapshotPoint;
import io.tailwater.edge.loop.Backoff;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Confined to one event loop: the gateway's own cursor over one partition. It has a {@code through}
 * and the tails of the channels that are read here.
 *
 * <p>A segment that begins at or before {@code through} is applied, without the part that is known.
 * A segment that begins beyond it shows a hole, which {@code Follow} fills: the broadcast may lose,
 * repeat and reorder segments.
 */
final class PartitionFeed extends Feed implements Partition {
  private static final Logger LOG = LoggerFactory.getLogger(PartitionFeed.class);

  /** How long the feed waits for the segments until a known head before it follows. */
  private static final long SEGMENT_GRACE_MS = 200;

  private static final int FOLLOW_WAIT_MS = 5_000;
  private static final int MAX_PAGE_BYTES = 64 << 10;

  /** Of the values or the text in a block of a snapshot. */
  private static final int STATE_BLOCK_BYTES = 64 << 10;

  private final Runnable askHeads;
  private final Openings openings;
  private final Replay replay;
  private final List<Awaiting> awaitingHead = new ArrayList<>();
  private final Backoff backoff = new Backoff();
  private volatile @Nullable Epoch epoch;
  private long through;
  private long earliest = Position.BEFORE_FIRST;
  private long target;
  private boolean following;

  /**
   * @param onReleased called when nobody has read the partition for a while
   * @param askHeads requests the heads of the partitions, from any thread
   */
  PartitionFeed(
      String namespace,
      int partition,
      EdgeLoop loop,
      Commons commons,
      Consumer<Feed> onReleased,
      Runnable askHeads) {
    super(namespace, partition, loop, commons, commons.configuration().tailBytes(), onReleased);
    this.askHeads = askHeads;
    this.openings = new Openings(this, tails, loop, commons.nanoTime());
    this.replay = new Replay(this, loop, commons);
  }

  /** A subscription that cannot be opened before the partition's head is known. */
  private record Awaiting(CompletableFuture<Opened> answer, Runnable task) {}

  // --- any thread ---

  /**
   * Opens a channel. The answer comes when the log has said where the cursor stands and whether the
   * channel is closed. Any thread.
   */
  CompletableFuture<Opened> open(Openings.Opening opening) {
    CompletableFuture<Opened> answer = new CompletableFuture<>();
    loop.execute(
        () -> {
          if (released()) {
            answer.completeExceptionally(stopped());
          } else {
            whenReady(answer, () -> openings.onOpen(opening, answer));
          }
        });
    return answer;
  }

  /** Takes the partition's head, as an event-core has answered. Any thread. */
  void head(Head head) {
    loop.execute(() -> onHead(head));
  }

  /** Any thread. */
  boolean waitsForHead() {
    return epoch == null;
  }

  // --- subscriptions ---

  private void whenReady(CompletableFuture<Opened> answer, Runnable task) {
    touched();
    if (epoch != null) {
      task.run();
    } else {
      awaitingHead.add(new Awaiting(answer, task));
      askHeads.run();
    }
  }

  @Override
  void onAttached(Tail tail) {
    assert loop.inLoop();
    // It was checked when it was opened, but may have been cut since.
    openings.check(tail);
  }

  @Override
  void onAwait(Tail tail, Tail.Waiter waiter) {
    assert loop.inLoop();
    replay.onAwait(tail, waiter);
  }

  @Override
  void onAwaitState(Tail tail, Tail.StateWaiter waiter) {
    assert loop.inLoop();
    replay.onAwaitState(tail, waiter);
  }

  // --- for its openings and replays ---

  @Override
  public CompletableFuture<ReadPage> read(
      Selection selection, long atLeast, ReadRequest.Builder request, int maxEvents) {
    assert loop.inLoop();
    switch (selection.scope()) {
      case Channel channel -> request.setChannel(channel.toString());
      case ChannelPattern pattern ->
          request.setPattern(
              ReadRequest.Pattern.newBuilder()
                  .setNamespace(pattern.namespace())
                  .setPartition(partition())
                  .setKeyPrefix(pattern.prefix()));
    }
    return commons
        .log()
        .read(
            request
                .addAllTypes(selection.types())
                .setLimit(maxEvents)
                .setMaxBytes(MAX_PAGE_BYTES)
                .setAtLeast(atLeast)
                .setAtLeastEpoch(epoch().text())
                .build());
  }

  @Override
  public CompletableFuture<StatePage> state(Scope channel, SnapshotPoint point) {
    assert loop.inLoop();
    StateRequest.Builder request =
        StateRequest.newBuilder()
            .setChannel(channel.toString())
            .setMaxBytes(STATE_BLOCK_BYTES)
            .setAfter(point.next());
    Position min = point.min();
    if (min != null) {
      request.setMin(
          io.tailwater.contract.v1.Position.newBuilder()
              .setEpoch(min.epoch().text())
              .setOffset(min.offset()));
    }
    return commons.log().state(request.build());
  }

  @Override
  public void confirmEpoch(Epoch requested, ReadPage page) {
    assert loop.inLoop();
    if (requested.equals(epoch()) && !epochIs(page.getEpoch())) {
      cut(new Epoch(page.getEpoch()), page.getHead(), page.getEarliest());
    }
  }

  @Override
  public void expect(ReadPage page) {
    assert loop.inLoop();
    expect(page.getEpoch(), page.getHead());
  }

  @Override
  public void closedThroughChanged(Tail tail) {
    fanout.closedThroughChanged(tail);
  }

  @Override
  public Epoch epoch() {
    Epoch known = epoch;
    if (known == null) {
      throw new IllegalStateException("the partition's head is not known yet");
    }
    return known;
  }

  @Override
  public long through() {
    assert loop.inLoop();
    return through;
  }

  @Override
  public long earliest() {
    assert loop.inLoop();
    return earliest;
  }

  // --- the partition's own cursor ---

  private void onHead(Head head) {
    assert loop.inLoop();
    if (epoch == null) {
      epoch = new Epoch(head.getEpoch());
      through = head.getThrough();
      earliest = head.getEarliest();
      target = through;
      List<Awaiting> subscriptions = List.copyOf(awaitingHead);
      awaitingHead.clear();
      subscriptions.forEach(subscription -> subscription.task.run());
      drive();
      return;
    }
    if (!head.getEpoch().equals(epoch.text())) {
      // Only a hint, since the event-core may be behind. Follow confirms it.
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

  @Override
  void onSegment(Segment segment) {
    assert loop.inLoop();
    if (epoch == null) {
      return;
    }
    if (!epochIs(segment.getEpoch())) {
      follow(0);
    } else if (segment.getFrom() > through) {
      commons.meters().holes().increment();
      target = Math.max(target, segment.getThrough());
      drive();
    } else if (segment.getThrough() > through) {
      apply(segment);
    }
  }

  private void apply(Segment segment) {
    long from = through;
    Map<Tail, List<Event>> byTail = new LinkedHashMap<>();
    List<Event> events = segment.getEventsList();
    for (Event redaction : Redactions.of(events)) {
      events = Redactions.apply(redaction, events);
      tails.of(redaction.getChannelKey()).forEach(tail -> fanout.redact(tail, redaction));
    }
    for (Event event : events) {
      if (event.getOffset() > from) {
        for (Tail tail : tails.of(event.getChannelKey())) {
          byTail.computeIfAbsent(tail, key -> new ArrayList<>(2)).add(event);
        }
      }
    }
    through = segment.getThrough();
    fanout.advance(byTail, epoch(), from, through);
  }

  /**
   * Retention has removed what came at or before this offset. A position below it must not be
   * honoured in silence.
   */
  private void trimBelow(long reported) {
    earliest = Math.max(earliest, reported);
    for (Tail tail : tails.all()) {
      if (tail.floor() < reported) {
        tails.raiseFloor(tail, reported);
        fanout.floorRose(tail);
        if (tail.closedThrough() <= reported) {
          openings.uncheck(tail);
        }
      }
    }
  }

  /** Follows when there is a hole to fill, or no broadcast to wait for. */
  private void drive() {
    assert loop.inLoop();
    if (epoch == null || following) {
      return;
    }
    if (target > through) {
      follow(0);
    } else if (!commons.broadcast().connected(namespace(), partition()) && !fanout.isEmpty()) {
      follow(FOLLOW_WAIT_MS);
    }
  }

  private void follow(int waitMs) {
    if (following || released()) {
      return;
    }
    following = true;
    Epoch requested = epoch();
    FollowRequest request =
        FollowRequest.newBuilder()
            .setNamespace(namespace())
            .setPartition(partition())
            .setEpoch(requested.text())
            .setAfter(through)
            .setWaitMs(waitMs)
            .build();
    commons
        .log()
        .follow(request)
        .whenCompleteAsync(
            (page, failure) -> {
              following = false;
              if (failure != null) {
                driveLater(failure);
              } else if (requested.equals(epoch())) {
                onFollowed(page);
              } else {
                drive();
              }
            },
            loop::execute);
  }

  private void onFollowed(FollowPage page) {
    assert loop.inLoop();
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
        commons.meters().followed().increment(page.getSegmentsCount());
        if (through > before) {
          backoff.reset();
          drive();
        } else if (target > through) {
          driveLater(null);
        } else {
          drive();
        }
      }
      case TOO_OLD -> cut(epoch(), page.getThrough(), page.getEarliest());
      case FOREIGN -> cut(new Epoch(page.getEpoch()), page.getThrough(), page.getEarliest());
      case BEHIND -> driveLater(null);
      case OUTCOME_UNSPECIFIED, UNRECOGNIZED -> driveLater(null);
    }
  }

  private void driveLater(@Nullable Throwable failure) {
    if (failure != null) {
      LOG.debug(
          "follow of {}:{} after {}: {}", namespace(), partition(), through, failure.getMessage());
    }
    loop.eventLoop().schedule(this::drive, backoff.nextMs(), TimeUnit.MILLISECONDS);
  }

  /**
   * Every tail starts over here. The readers catch up by pages, like any reader that fell behind.
   */
  private void cut(Epoch newEpoch, long newThrough, long newEarliest) {
    boolean backwards = newEpoch.equals(epoch) && newThrough < through;
    if (backwards) {
      driveLater(null);
      return;
    }
    LOG.info(
        "{}:{} continues at {}-{}; its readers catch up",
        namespace(),
        partition(),
        newEpoch,
        newThrough);
    earliest = newEpoch.equals(epoch) ? Math.max(earliest, newEarliest) : newEarliest;
    epoch = newEpoch;
    through = newThrough;
    target = newThrough;
    tails.cut(newThrough);
    fanout.updateAll(view -> view.onCut(newEpoch, newThrough));
    tails.all().forEach(openings::checkForReaders);
    drive();
  }

  @Override
  void onTick() {
    super.onTick();
    drive();
  }

  @Override
  void onBroadcastChanged() {
    drive();
  }

  @Override
  boolean isAwaited() {
    // Clients that gave up retry, and would accumulate for as long as no event-core answers.
    awaitingHead.removeIf(subscription -> subscription.answer.isDone());
    return !awaitingHead.isEmpty();
  }

  private boolean epochIs(String text) {
    return epoch != null && epoch.text().equals(text);
  }
}
