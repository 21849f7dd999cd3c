package io.tailwater.edge.feed;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.edge.log.Missed;
import io.tailwater.edge.log.PartitionView;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.TailView;
import io.tailwater.edge.loop.Backoff;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the loop of its feed: reads pages of the log for subscribers that lie below their
 * tail's floor. One page of a selection is read at a time, and serves every subscriber in it.
 */
final class Replay {
  private static final int MAX_PAGE_EVENTS = 1_000;

  private final Partition partition;
  private final EdgeLoop loop;
  private final Commons commons;
  private final Backoff backoff = new Backoff();

  Replay(Partition partition, EdgeLoop loop, Commons commons) {
    this.partition = partition;
    this.loop = loop;
    this.commons = commons;
  }

  /** A subscriber waits for the page after its position. */
  void onAwait(Tail tail, Tail.Waiter waiter) {
    assert loop.inLoop();
    tail.waiting().add(waiter);
    next(tail);
  }

  private void next(Tail tail) {
    if (tail.waiting().isEmpty() || tail.reading) {
      return;
    }
    tail.reading = true;
    takeTurn(tail);
  }

  private void takeTurn(Tail tail) {
    commons.turns().take(() -> loop.execute(() -> onTurn(tail)));
  }

  private void onTurn(Tail tail) {
    assert loop.inLoop();
    long waitMs = commons.admission().replayWaitMs();
    if (waitMs > 0) {
      commons.turns().done();
      loop.eventLoop().schedule(() -> takeTurn(tail), waitMs, TimeUnit.MILLISECONDS);
      return;
    }
    Tail.Waiter first = tail.waiting().element();
    Epoch requested = partition.epoch();
    partition
        .read(tail.selection(), tail.floor(), Partition.after(first.after()), MAX_PAGE_EVENTS)
        .whenCompleteAsync(
            (page, failure) -> {
              commons.turns().done();
              if (failure != null || !requested.equals(partition.epoch())) {
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
    assert loop.inLoop();
    Missed missed = Missed.of(page);
    boolean still = page.getThrough() <= first.after().offset() && missed == null;
    if (still && first.after().offset() < tail.floor()) {
      retry(tail);
      return;
    }
    partition.confirmEpoch(partition.epoch(), page);
    backoff.reset();
    tail.reading = false;
    Run run =
        Run.page(
            tail.selection(),
            new Epoch(page.getEpoch()),
            page.getFrom(),
            page.getThrough(),
            page.getEventsList(),
            page.getLeftOutBytes());
    count(page);
    Map<PartitionView, List<TailView.Subscriber>> sameStart = new LinkedHashMap<>();
    Map<PartitionView, List<TailView.Subscriber>> inside = new LinkedHashMap<>();
    tail.waiting()
        .removeIf(
            waiter -> {
              boolean same = waiter.after().equals(first.after());
              if (same || within(waiter.after(), run)) {
                (same ? sameStart : inside)
                    .computeIfAbsent(waiter.view(), view -> new ArrayList<>())
                    .add(waiter.subscriber());
                return true;
              }
              return false;
            });
    give(run, missed, sameStart);
    give(run, null, inside);
    run.release();
    next(tail);
  }

  /** A subscriber waits for a block of the channel's state. */
  void onAwaitState(Tail tail, Tail.StateWaiter waiter) {
    assert loop.inLoop();
    commons.turns().take(() -> loop.execute(() -> onStateTurn(tail, waiter)));
  }

  private void onStateTurn(Tail tail, Tail.StateWaiter waiter) {
    assert loop.inLoop();
    long waitMs = commons.admission().replayWaitMs();
    if (waitMs > 0 || tail.viewOf(waiter.view()) == null) {
      commons.turns().done();
      if (waitMs > 0) {
        loop.eventLoop().schedule(() -> onAwaitState(tail, waiter), waitMs, TimeUnit.MILLISECONDS);
      }
      return;
    }
    partition
        .state(tail.selection().scope(), waiter.point())
        .whenCompleteAsync(
            (page, failure) -> {
              commons.turns().done();
              if (failure == null) {
                commons.admission().replayed(page.getSerializedSize());
              }
              boolean lasting = failure != null && isLasting(failure);
              waiter
                  .view()
                  .loop()
                  .execute(() -> waiter.view().onState(page, lasting, waiter.subscriber()));
            },
            loop::execute);
  }

  private static boolean isLasting(Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    return cause instanceof RequestException refusal && !refusal.code().retry();
  }

  private void count(ReadPage page) {
    commons.meters().replayed().increment(page.getEventsCount());
    long bytes = page.getLeftOutBytes();
    for (Event event : page.getEventsList()) {
      bytes += event.getData().size();
    }
    commons.admission().replayed(bytes);
  }

  private static boolean within(Position position, Run run) {
    return position.epoch().equals(run.epoch())
        && position.offset() >= run.from()
        && position.offset() < run.through();
  }

  private static void give(
      Run run, @Nullable Missed missed, Map<PartitionView, List<TailView.Subscriber>> readers) {
    readers.forEach(
        (view, subscribers) -> {
          run.retain();
          view.loop().execute(() -> view.onPage(run, missed, subscribers));
        });
  }
}
