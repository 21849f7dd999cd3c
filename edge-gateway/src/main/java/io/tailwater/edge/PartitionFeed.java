package io.tailwater.edge;

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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
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
final class PartitionFeed {
  private static final Logger LOG = LoggerFactory.getLogger(PartitionFeed.class);

  /** How long a head beyond ours may wait for its segment. */
  private static final long SEGMENT_GRACE_MS = 200;

  private static final int FOLLOW_WAIT_MS = 5_000;
  private static final int PAGE_BYTES = 64 << 10;
  private static final int PAGE_EVENTS = 1_000;
  private static final long FIRST_BACKOFF_MS = 50;
  private static final long MAX_BACKOFF_MS = 2_000;
  private static final long TAIL_LINGER_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final int KEPT_SLACK = 1_024;

  /** A position of no log: who comes back with it is told once more that it is foreign. */
  private static final Position NOWHERE = new Position(new Epoch("0"), Position.BEFORE_FIRST);

  private final String namespace;
  private final int partition;
  private final EdgeLoop loop;
  private final Feeds feeds;
  private final Map<String, Tail> tails = new HashMap<>();
  private final Map<EdgeLoop, PartitionView> views = new LinkedHashMap<>();
  private final ArrayDeque<Kept> kept = new ArrayDeque<>();
  private final List<Awaiting> awaitingHead = new ArrayList<>();
  private volatile @Nullable Epoch epoch;
  private long through;
  private long target;
  private int compactAt = KEPT_SLACK;
  private boolean following;
  private long backoffMs = FIRST_BACKOFF_MS;
  private long idleSinceNanos;
  private volatile boolean givenUp;

  PartitionFeed(String namespace, int partition, EdgeLoop loop, Feeds feeds) {
    this.namespace = namespace;
    this.partition = partition;
    this.loop = loop;
    this.feeds = feeds;
    this.idleSinceNanos = feeds.nanoTime();
  }

  /** A run in the order in which runs came, for the budget over all tails. */
  private record Kept(Tail tail, Run run) {
    /** Also when its tail was given up, and holds nothing any more. */
    boolean gone() {
      Run oldest = tail.oldest();
      return oldest == null || oldest.through() > run.through();
    }
  }

  /** A subscription that cannot begin before the partition's head is known. */
  private record Awaiting(CompletableFuture<Opened> answer, Runnable task) {}

  /**
   * What a subscription begins with, once the log has said so.
   *
   * @param position where its reader stands; if that cannot be honoured, {@code missed} says where
   *     it is to go on, and the reader stands there only once it was told
   */
  record Opened(
      PartitionFeed feed,
      Tail tail,
      Position position,
      @Nullable Missed missed,
      boolean finished) {}

  // --- what others ask of it, from any thread ---

  /**
   * Opens a channel: the answer comes when the log has told where the cursor stands and whether the
   * channel is closed. The tail stays until {@link #attach} or {@link #abandon}.
   */
  CompletableFuture<Opened> open(Channel channel, Start start, boolean mustBeKnown) {
    CompletableFuture<Opened> answer = new CompletableFuture<>();
    loop.execute(
        () -> {
          if (givenUp) {
            answer.completeExceptionally(
                new RequestException(ErrorCode.UNAVAILABLE, "the partition was given up just now"));
          } else {
            whenReady(answer, () -> onOpen(channel, start, mustBeKnown, answer));
          }
        });
    return answer;
  }

  void attach(Opened opened, Cursor cursor, EdgeLoop reader) {
    loop.execute(() -> onAttach(opened.tail, cursor, reader));
  }

  void abandon(Opened opened) {
    loop.execute(() -> opened.tail.unpin(feeds.nanoTime()));
  }

  void detach(Tail tail, PartitionView view) {
    loop.execute(() -> onDetach(tail, view));
  }

  void awaitPage(Tail tail, Cursor cursor, Position after) {
    EdgeLoop reader = cursor.session().loop();
    loop.execute(() -> onAwaitPage(tail, cursor, after, reader));
  }

  void segment(Segment segment) {
    loop.execute(() -> onSegment(segment));
  }

  void head(Head head) {
    loop.execute(() -> onHead(head));
  }

  /** The broadcast came or went. */
  void broadcastChanged() {
    loop.execute(this::drive);
  }

  void tick() {
    loop.execute(this::onTick);
  }

  CompletableFuture<Integer> readers(Channel channel) {
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
                tails.values().stream()
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

  private void onOpen(
      Channel channel, Start start, boolean mustBeKnown, CompletableFuture<Opened> answer) {
    if (answer.isDone()) {
      return;
    }
    Tail tail =
        tails.computeIfAbsent(channel.key(), key -> new Tail(channel, through, feeds.nanoTime()));
    tail.pin();
    answer.whenComplete(
        (opened, failure) -> {
          if (failure != null) {
            loop.execute(() -> tail.unpin(feeds.nanoTime()));
          }
        });
    check(tail)
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                answer.completeExceptionally(failure);
              } else if (mustBeKnown && !tail.known) {
                answer.completeExceptionally(
                    new RequestException(ErrorCode.NOT_FOUND, "nothing is left of " + channel));
              } else {
                resolve(tail, start, answer);
              }
            });
  }

  /**
   * One read tells whether the channel is known, and closed at the tail's floor; from there on its
   * events say so.
   */
  private CompletableFuture<Void> check(Tail tail) {
    if (tail.checked != null && !tail.checked.isCompletedExceptionally()) {
      return tail.checked;
    }
    Epoch asked = currentEpoch();
    CompletableFuture<Void> checked = new CompletableFuture<>();
    tail.checked = checked;
    long floor = tail.floor();
    read(tail, position(new Position(asked, floor)), 1)
        .whenCompleteAsync(
            (page, failure) -> {
              if (failure != null) {
                checked.completeExceptionally(failure);
                loop.eventLoop()
                    .schedule(() -> checkForReaders(tail), backoff(), TimeUnit.MILLISECONDS);
                return;
              }
              boolean same = asked.equals(currentEpoch()) && page.getEpoch().equals(asked.text());
              if (!same) {
                confirmEpoch(asked, page);
                checked.completeExceptionally(
                    new RequestException(
                        ErrorCode.UNAVAILABLE, "the topic was made again just now"));
                return;
              }
              tail.known |= page.getKnown();
              // An event beyond the floor will come here, and tell itself whether it closes.
              if (page.getClosed() && page.getEventsCount() == 0 && !tail.closed()) {
                closed(tail, floor);
              }
              checked.complete(null);
            },
            loop::execute);
    return checked;
  }

  /**
   * Those who are attached wait to be told that their channel is closed, however often it takes.
   */
  private void checkForReaders(Tail tail) {
    if (tail.readers() > 0) {
      check(tail);
    }
  }

  private void closed(Tail tail, long closedThrough) {
    tail.closedThrough(closedThrough);
    tellClosedThrough(tail, closedThrough);
  }

  /** The closing event is gone, and the channel open again. */
  private void uncheck(Tail tail) {
    tail.uncheck();
    tellClosedThrough(tail, Tail.OPEN);
    checkForReaders(tail);
  }

  private void tellClosedThrough(Tail tail, long closedThrough) {
    views.values().stream()
        .filter(tail::isAttached)
        .forEach(view -> view.loop().execute(() -> view.onClosedThrough(tail, closedThrough)));
  }

  private void resolve(Tail tail, Start start, CompletableFuture<Opened> answer) {
    Epoch now = currentEpoch();
    if (!tail.closed()) {
      if (start instanceof Start.Latest) {
        answer.complete(new Opened(this, tail, new Position(now, through), null, false));
        return;
      }
      if (start instanceof Start.After(Position after)
          && after.epoch().equals(now)
          && after.offset() <= through) {
        answer.complete(new Opened(this, tail, after, null, false));
        return;
      }
    }
    ReadRequest.Builder request = ReadRequest.newBuilder();
    Position asked =
        switch (start) {
          case Start.Latest latest -> new Position(now, through);
          case Start.After(Position after) -> after;
          case Start.Earliest e -> NOWHERE;
          case Start.Unreadable u -> NOWHERE;
          case Start.Last l -> NOWHERE;
          case Start.Since s -> NOWHERE;
        };
    switch (start) {
      case Start.Latest latest -> request.setAfter(proto(asked));
      case Start.Earliest earliest -> request.setEarliest(earliestOf());
      case Start.Unreadable unreadable -> request.setEarliest(earliestOf());
      case Start.Last(int count) -> request.setLast(count);
      case Start.Since(long timeMs) -> request.setTimeMs(timeMs);
      case Start.After after -> request.setAfter(proto(asked));
    }
    read(tail, request, 1)
        .whenCompleteAsync(
            (page, failure) -> {
              if (failure != null) {
                answer.completeExceptionally(failure);
              } else if (now.equals(currentEpoch())) {
                answer.complete(opened(tail, start, asked, page));
              } else {
                answer.completeExceptionally(
                    new RequestException(
                        ErrorCode.UNAVAILABLE, "the topic was made again just now"));
              }
            },
            loop::execute);
  }

  private Opened opened(Tail tail, Start start, Position asked, ReadPage page) {
    confirmEpoch(currentEpoch(), page);
    Position from = new Position(new Epoch(page.getEpoch()), page.getFrom());
    Missed missed =
        start instanceof Start.Unreadable ? new Missed(Missed.Reason.FOREIGN, from) : missed(page);
    boolean atEnd = page.getEventsCount() == 0 && missed == null;
    boolean finished = atEnd && page.getClosed();
    if (atEnd && !page.getClosed() && page.getHead() >= tail.closedThrough()) {
      uncheck(tail);
    }
    return new Opened(this, tail, missed == null ? from : asked, missed, finished);
  }

  private void onAttach(Tail tail, Cursor cursor, EdgeLoop reader) {
    long now = feeds.nanoTime();
    PartitionView view =
        views.computeIfAbsent(
            reader, key -> new PartitionView(this, reader, currentEpoch(), through));
    TailView.Snapshot snapshot = tail.attach(view);
    tail.unpin(now);
    reader.execute(() -> view.onAttach(tail, snapshot, cursor));
    // It was checked when it was opened, but may have been cut since.
    check(tail);
  }

  private void onDetach(Tail tail, PartitionView view) {
    if (tail.detach(view, feeds.nanoTime())) {
      view.loop().execute(() -> view.onDrop(tail));
      if (tails.values().stream().noneMatch(other -> other.isAttached(view))) {
        views.remove(view.loop(), view);
      }
    }
  }

  // --- pages for cursors below their tail's floor ---

  private void onAwaitPage(Tail tail, Cursor cursor, Position after, EdgeLoop reader) {
    PartitionView view = views.get(reader);
    if (view == null) {
      return; // it has left meanwhile
    }
    tail.waiting().add(new Tail.Waiter(cursor, after, view));
    readPage(tail);
  }

  private void readPage(Tail tail) {
    Tail.Waiter first = tail.waiting().peek();
    if (first == null || tail.reading) {
      return;
    }
    tail.reading = true;
    feeds.replay().take(() -> loop.execute(() -> readPageNow(tail)));
  }

  private void readPageNow(Tail tail) {
    Tail.Waiter first = tail.waiting().element();
    Epoch asked = currentEpoch();
    read(tail, position(first.after()), PAGE_EVENTS)
        .whenCompleteAsync(
            (page, failure) -> {
              feeds.replay().done();
              if (failure != null || !asked.equals(currentEpoch())) {
                retryPage(tail);
                return;
              }
              onPage(tail, first, page);
            },
            loop::execute);
  }

  private void retryPage(Tail tail) {
    long delay = backoff();
    loop.eventLoop()
        .schedule(
            () -> {
              tail.reading = false;
              readPage(tail);
            },
            delay,
            TimeUnit.MILLISECONDS);
  }

  private void onPage(Tail tail, Tail.Waiter first, ReadPage page) {
    Missed missed = missed(page);
    boolean still = page.getThrough() <= first.after().offset() && missed == null;
    if (still && first.after().offset() < tail.floor()) {
      retryPage(tail);
      return;
    }
    confirmEpoch(currentEpoch(), page);
    backoffMs = FIRST_BACKOFF_MS;
    tail.reading = false;
    Epoch pageEpoch = new Epoch(page.getEpoch());
    Run run =
        new Run(tail.channel(), pageEpoch, page.getFrom(), page.getThrough(), page.getEventsList());
    feeds.replayed(page.getEventsCount());
    Map<PartitionView, List<Cursor>> sameStart = new LinkedHashMap<>();
    Map<PartitionView, List<Cursor>> inside = new LinkedHashMap<>();
    tail.waiting()
        .removeIf(
            waiter -> {
              boolean same = waiter.after().equals(first.after());
              boolean within =
                  waiter.after().epoch().equals(pageEpoch)
                      && waiter.after().offset() >= page.getFrom()
                      && waiter.after().offset() < page.getThrough();
              if (same || within) {
                (same ? sameStart : inside)
                    .computeIfAbsent(waiter.view(), view -> new ArrayList<>())
                    .add(waiter.cursor());
              }
              return same || within;
            });
    give(run, missed, sameStart);
    give(run, null, inside);
    run.release();
    readPage(tail);
  }

  private static void give(
      Run run, @Nullable Missed missed, Map<PartitionView, List<Cursor>> readers) {
    readers.forEach(
        (view, cursors) -> {
          run.retain();
          view.loop().execute(() -> view.onPage(run, missed, cursors));
        });
  }

  private CompletableFuture<ReadPage> read(Tail tail, ReadRequest.Builder request, int limit) {
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
    if (head.getThrough() > through) {
      loop.eventLoop()
          .schedule(
              () -> {
                if (through < head.getThrough() && epochIs(head.getEpoch())) {
                  target = Math.max(target, head.getThrough());
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
    List<Run> runs = new ArrayList<>(byTail.size());
    byTail.forEach((tail, events) -> runs.add(append(tail, from, events)));
    List<Tail> appended = List.copyOf(byTail.keySet());
    for (PartitionView view : views.values()) {
      List<PartitionView.Step> steps = new ArrayList<>();
      for (int i = 0; i < runs.size(); i++) {
        Tail tail = appended.get(i);
        if (tail.isAttached(view)) {
          steps.add(new PartitionView.Step(tail, runs.get(i).retain(), tail.floor()));
        }
      }
      long now = through;
      view.loop().execute(() -> view.onAdvance(steps, now));
    }
    runs.forEach(Run::release);
    trimToBudget();
  }

  private Run append(Tail tail, long from, List<Event> events) {
    Run run = new Run(tail.channel(), currentEpoch(), from, through, events);
    run.retain();
    tail.known = true;
    tail.append(run);
    kept.add(new Kept(tail, run));
    feeds.tailBytes(run.weight());
    while (tail.weight() > feeds.tailLimit() && tail.oldest() != run) {
      feeds.tailBytes(-tail.trimOldest());
    }
    return run;
  }

  private void trimToBudget() {
    while (!kept.isEmpty() && (kept.getFirst().gone() || feeds.overBudget())) {
      Kept oldest = kept.removeFirst();
      if (!oldest.gone()) {
        feeds.tailBytes(-oldest.tail.trimOldest());
        floorRose(oldest.tail);
      }
    }
    if (kept.size() > compactAt) {
      kept.removeIf(Kept::gone);
      compactAt = 2 * kept.size() + KEPT_SLACK;
    }
  }

  /**
   * Retention has removed what came at or before this offset; no position below it may be honoured
   * in silence.
   */
  private void trimBelow(long earliest) {
    for (Tail tail : tails.values()) {
      if (tail.floor() < earliest) {
        feeds.tailBytes(-tail.raiseFloor(earliest));
        floorRose(tail);
        if (tail.closedThrough() <= earliest) {
          uncheck(tail);
        }
      }
    }
  }

  private void floorRose(Tail tail) {
    long floor = tail.floor();
    for (PartitionView view : views.values()) {
      if (tail.isAttached(view)) {
        view.loop().execute(() -> view.onFloor(tail, floor));
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
    } else if (!feeds.broadcast().connected() && !views.isEmpty()) {
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
          backoffMs = FIRST_BACKOFF_MS;
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
    loop.eventLoop().schedule(this::drive, backoff(), TimeUnit.MILLISECONDS);
  }

  private long backoff() {
    long delay = backoffMs;
    backoffMs = Math.min(MAX_BACKOFF_MS, 2 * backoffMs);
    return delay;
  }

  /**
   * A page of another epoch than the one that was asked for was confirmed with Kafka by the
   * event-core that gave it. One that comes late, when ours has changed meanwhile, says nothing.
   */
  private void confirmEpoch(Epoch asked, ReadPage page) {
    if (asked.equals(currentEpoch()) && !epochIs(page.getEpoch())) {
      cut(new Epoch(page.getEpoch()), page.getHead());
    }
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
    for (Tail tail : tails.values()) {
      feeds.tailBytes(-tail.cut(newThrough));
    }
    kept.clear();
    views.values().forEach(view -> view.loop().execute(() -> view.onCut(newEpoch, newThrough)));
    tails.values().forEach(this::checkForReaders);
    drive();
  }

  private void onTick() {
    long now = feeds.nanoTime();
    // Those who gave up come again, and would add up for as long as no event-core answers.
    awaitingHead.removeIf(subscription -> subscription.answer.isDone());
    tails
        .values()
        .removeIf(
            tail -> {
              boolean idle = tail.idleFor(TAIL_LINGER_NANOS, now);
              if (idle) {
                feeds.tailBytes(-tail.release());
              }
              return idle;
            });
    if (!tails.isEmpty() || !awaitingHead.isEmpty()) {
      idleSinceNanos = now;
    } else if (now - idleSinceNanos > feeds.partitionLingerNanos()) {
      givenUp = true;
      feeds.giveUp(this);
    }
    drive();
  }

  String namespace() {
    return namespace;
  }

  int partition() {
    return partition;
  }

  private boolean epochIs(String text) {
    return epoch != null && epoch.text().equals(text);
  }

  private Epoch currentEpoch() {
    if (epoch == null) {
      throw new IllegalStateException("asked before the partition's head was known");
    }
    return epoch;
  }

  private static @Nullable Missed missed(ReadPage page) {
    Position from = new Position(new Epoch(page.getEpoch()), page.getFrom());
    return switch (page.getReset()) {
      case NONE, UNRECOGNIZED -> null;
      case EXPIRED -> new Missed(Missed.Reason.EXPIRED, from);
      case FOREIGN -> new Missed(Missed.Reason.FOREIGN, from);
    };
  }

  private static ReadRequest.Builder position(Position after) {
    return ReadRequest.newBuilder().setAfter(proto(after));
  }

  private static io.tailwater.contract.v1.Position proto(Position position) {
    return io.tailwater.contract.v1.Position.newBuilder()
        .setEpoch(position.epoch().text())
        .setOffset(position.offset())
        .build();
  }

  private static io.tailwater.contract.v1.Earliest earliestOf() {
    return io.tailwater.contract.v1.Earliest.getDefaultInstance();
  }
}
