package io.tailwater.edge.log;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Pages of the log for the cursors that lie below their tail's floor. One page of a channel is read
 * at a time, and serves every cursor that stands in it. Confined to the loop of its {@link
 * PartitionFeed}.
 */
final class Replay {
  private static final int PAGE_EVENTS = 1_000;

  private final PartitionFeed feed;
  private final EdgeLoop loop;
  private final Feeds feeds;
  private final Backoff backoff = new Backoff();

  Replay(PartitionFeed feed, EdgeLoop loop, Feeds feeds) {
    this.feed = feed;
    this.loop = loop;
    this.feeds = feeds;
  }

  /** A cursor waits for the page after its position. */
  void await(Tail tail, Tail.Waiter waiter) {
    tail.waiting().add(waiter);
    next(tail);
  }

  private void next(Tail tail) {
    if (tail.waiting().isEmpty() || tail.reading) {
      return;
    }
    tail.reading = true;
    turn(tail);
  }

  private void turn(Tail tail) {
    feeds.replay().take(() -> loop.execute(() -> read(tail)));
  }

  private void read(Tail tail) {
    long waitMs = feeds.replayWaitMs();
    if (waitMs > 0) {
      feeds.replay().done();
      loop.eventLoop().schedule(() -> turn(tail), waitMs, TimeUnit.MILLISECONDS);
      return;
    }
    Tail.Waiter first = tail.waiting().element();
    Epoch asked = feed.currentEpoch();
    feed.read(tail, PartitionFeed.after(first.after()), PAGE_EVENTS)
        .whenCompleteAsync(
            (page, failure) -> {
              feeds.replay().done();
              if (failure != null || !asked.equals(feed.currentEpoch())) {
                retry(tail);
              } else {
                onPage(tail, first, page);
              }
            },
            loop::execute);
  }

  private void retry(Tail tail) {
    loop.eventLoop()
        .schedule(
            () -> {
              tail.reading = false;
              next(tail);
            },
            backoff.nextMs(),
            TimeUnit.MILLISECONDS);
  }

  private void onPage(Tail tail, Tail.Waiter first, ReadPage page) {
    Missed missed = Missed.of(page);
    boolean still = page.getThrough() <= first.after().offset() && missed == null;
    if (still && first.after().offset() < tail.floor()) {
      retry(tail);
      return;
    }
    feed.confirmEpoch(feed.currentEpoch(), page);
    backoff.reset();
    tail.reading = false;
    Run run =
        new Run(
            tail.channel(),
            new Epoch(page.getEpoch()),
            page.getFrom(),
            page.getThrough(),
            page.getEventsList());
    feeds.replayed(page.getEventsList());
    Map<PartitionView, List<Cursor>> sameStart = new LinkedHashMap<>();
    Map<PartitionView, List<Cursor>> inside = new LinkedHashMap<>();
    tail.waiting()
        .removeIf(
            waiter -> {
              boolean same = waiter.after().equals(first.after());
              if (same || within(waiter.after(), run)) {
                (same ? sameStart : inside)
                    .computeIfAbsent(waiter.view(), view -> new ArrayList<>())
                    .add(waiter.cursor());
                return true;
              }
              return false;
            });
    give(run, missed, sameStart);
    give(run, null, inside);
    run.release();
    next(tail);
  }

  private static boolean within(Position position, Run run) {
    return position.epoch().equals(run.epoch())
        && position.offset() >= run.from()
        && position.offset() < run.through();
  }

  private static void give(
      Run run, @Nullable Missed missed, Map<PartitionView, List<Cursor>> readers) {
    readers.forEach(
        (view, cursors) -> {
          run.retain();
          view.loop().execute(() -> view.onPage(run, missed, cursors));
        });
  }
}
