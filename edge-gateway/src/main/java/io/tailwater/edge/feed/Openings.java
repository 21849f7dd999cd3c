package io.tailwater.edge.feed;

import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.Earliest;
import io.tailwater.contract.v1.Latest;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.edge.log.Missed;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.SnapshotPoint;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.loop.Backoff;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the loop of its feed: opens subscriptions. Before it answers, it asks the log whether
 * the channel exists, whether it is closed, and whether the requested position is still available.
 */
final class Openings {
  /** A position of no log: a client that comes back with it is told again that it is foreign. */
  private static final Position NOWHERE = new Position(new Epoch("0"), Position.BEFORE_FIRST);

  private final Partition partition;
  private final Tails tails;
  private final EdgeLoop loop;
  private final LongSupplier nanoTime;
  private final Backoff backoff = new Backoff();

  Openings(Partition partition, Tails tails, EdgeLoop loop, LongSupplier nanoTime) {
    this.partition = partition;
    this.tails = tails;
    this.loop = loop;
    this.nanoTime = nanoTime;
  }

  void onOpen(Opening opening, CompletableFuture<Opened> answer) {
    assert loop.inLoop();
    if (answer.isDone()) {
      return;
    }
    Tail tail = tails.of(opening.selection(), partition.through());
    tail.pin();
    answer.whenComplete(
        (opened, failure) -> {
          if (failure != null) {
            loop.execute(() -> tail.unpin(nanoTime.getAsLong()));
          }
        });
    check(tail)
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                answer.completeExceptionally(failure);
              } else if (opening.namespace().getPlatformOnly() && !tail.known) {
                answer.completeExceptionally(
                    new RequestException(
                        ErrorCode.NOT_FOUND, "nothing is left of " + opening.selection().scope()));
              } else {
                resolve(tail, opening, answer);
              }
            });
  }

  /**
   * A requested subscription.
   *
   * @param fresh its reader wants everything that is in the log now, not only what has come here
   */
  record Opening(Selection selection, Namespace namespace, Start start, boolean fresh) {
    /** Where the events begin, but for a snapshot. */
    Start begin() {
      if (!(start instanceof Start.State(Start resumed))) {
        return start;
      }
      return resumed == null || resumed instanceof Start.Snapshot ? new Start.Latest() : resumed;
    }

    boolean stateful() {
      return start instanceof Start.State;
    }

    boolean beginsInSnapshot() {
      return start instanceof Start.State(Start resumed)
          && (resumed == null || resumed instanceof Start.Snapshot);
    }

    /** The first block of a snapshot at or after a position; null if it does not begin so. */
    @Nullable SnapshotPoint snapshot(Position position) {
      if (!(start instanceof Start.State(Start resumed))) {
        return null;
      }
      if (resumed instanceof Start.Snapshot(SnapshotPoint point)) {
        return point;
      }
      return resumed == null ? SnapshotPoint.begin(position) : null;
    }
  }

  /**
   * Reads once whether the channel is known, and closed at the tail's floor. Beyond the floor, its
   * events show that. A pattern is always there, and never closed.
   */
  CompletableFuture<Void> check(Tail tail) {
    assert loop.inLoop();
    Scope scope = tail.selection().scope();
    if (scope instanceof ChannelPattern) {
      tail.known = true;
      return CompletableFuture.completedFuture(null);
    }
    if (tail.checked != null && !tail.checked.isCompletedExceptionally()) {
      return tail.checked;
    }
    Epoch requested = partition.epoch();
    CompletableFuture<Void> checked = new CompletableFuture<>();
    tail.checked = checked;
    long floor = tail.floor();
    // Of all types, since an event of any type may close the channel.
    partition
        .read(Selection.of(scope), floor, Partition.after(new Position(requested, floor)), 1)
        .whenCompleteAsync(
            (page, failure) -> {
              if (failure != null) {
                checked.completeExceptionally(failure);
                loop.eventLoop()
                    .schedule(() -> checkForReaders(tail), backoff.nextMs(), TimeUnit.MILLISECONDS);
                return;
              }
              backoff.reset();
              boolean same =
                  requested.equals(partition.epoch()) && page.getEpoch().equals(requested.text());
              if (!same) {
                partition.confirmEpoch(requested, page);
                checked.completeExceptionally(recreated());
                return;
              }
              tail.known |= page.getKnown();
              // An event beyond the floor will come here, and shows whether it closes.
              if (page.getClosed() && page.getEventsCount() == 0 && !tail.closed()) {
                tail.closedThrough(floor);
                partition.closedThroughChanged(tail);
              }
              checked.complete(null);
            },
            loop::execute);
    return checked;
  }

  /** Checks again while there are readers, who have to learn that their channel is closed. */
  void checkForReaders(Tail tail) {
    assert loop.inLoop();
    if (tail.readers() > 0) {
      check(tail);
    }
  }

  /** The closing event was removed, so the channel is open again. */
  void uncheck(Tail tail) {
    assert loop.inLoop();
    tail.uncheck();
    partition.closedThroughChanged(tail);
    checkForReaders(tail);
  }

  private void resolve(Tail tail, Opening opening, CompletableFuture<Opened> answer) {
    Start start = opening.begin();
    Epoch now = partition.epoch();
    if (opening.beginsInSnapshot() && !opening.fresh()) {
      // The snapshot will say where the channel ends.
      answer.complete(here(tail, opening, new Position(now, partition.through())));
      return;
    }
    if (!tail.closed() && !opening.fresh()) {
      if (start instanceof Start.Latest) {
        answer.complete(here(tail, opening, new Position(now, partition.through())));
        return;
      }
      if (start instanceof Start.After(Position after)
          && after.epoch().equals(now)
          && after.offset() <= partition.through()) {
        answer.complete(here(tail, opening, after));
        return;
      }
      if (tail.selection().scope() instanceof ChannelPattern
          && fromEarliest(tail, opening, answer)) {
        return;
      }
    }
    Position requested =
        switch (start) {
          case Start.Latest latest -> new Position(now, partition.through());
          case Start.After(Position after) -> after;
          case Start.Earliest e -> NOWHERE;
          case Start.Unreadable u -> NOWHERE;
          case Start.AfterPartitions a -> throw unresolved(a);
          case Start.Ack a -> throw unresolved(a);
          case Start.State s -> throw unresolved(s);
          case Start.Snapshot s -> throw unresolved(s);
          case Start.Last l -> NOWHERE;
          case Start.Since s -> NOWHERE;
        };
    ReadRequest.Builder request =
        switch (start) {
          case Start.Latest latest ->
              opening.fresh()
                  ? ReadRequest.newBuilder().setLatest(Latest.getDefaultInstance())
                  : Partition.after(requested);
          case Start.After after -> Partition.after(requested);
          case Start.Earliest e -> earliest();
          case Start.Unreadable u -> earliest();
          case Start.AfterPartitions a -> throw unresolved(a);
          case Start.Ack a -> throw unresolved(a);
          case Start.State s -> throw unresolved(s);
          case Start.Snapshot s -> throw unresolved(s);
          case Start.Last(int count) -> ReadRequest.newBuilder().setLast(count);
          case Start.Since(long timeMs) -> ReadRequest.newBuilder().setTimeMs(timeMs);
        };
    partition
        .read(tail.selection(), tail.floor(), request, 1)
        .whenCompleteAsync(
            (page, failure) -> {
              if (failure != null) {
                answer.completeExceptionally(failure);
              } else if (now.equals(partition.epoch())) {
                answer.complete(opened(tail, opening, requested, page));
              } else {
                answer.completeExceptionally(recreated());
              }
            },
            loop::execute);
  }

  /**
   * Begins a pattern at the earliest position that is known, without a read, so that a partition
   * that cannot be read now does not keep the others waiting. False if it begins elsewhere.
   */
  private boolean fromEarliest(Tail tail, Opening opening, CompletableFuture<Opened> answer) {
    Position earliest = new Position(partition.epoch(), partition.earliest());
    return switch (opening.begin()) {
      case Start.Earliest begin -> answer.complete(here(tail, opening, earliest));
      case Start.Unreadable begin ->
          answer.complete(
              opened(
                  tail,
                  opening,
                  NOWHERE,
                  new Missed(Missed.Reason.FOREIGN, earliest),
                  false,
                  partition.through()));
      case Start.Latest l -> false;
      case Start.After a -> false;
      case Start.AfterPartitions a -> false;
      case Start.Ack a -> false;
      case Start.State s -> false;
      case Start.Snapshot s -> false;
      case Start.Last l -> false;
      case Start.Since s -> false;
    };
  }

  /** An answer that needs no read: everything after the position has come here, or will. */
  private Opened here(Tail tail, Opening opening, Position position) {
    return opened(tail, opening, position, null, false, partition.through());
  }

  private Opened opened(Tail tail, Opening opening, Position requested, ReadPage page) {
    partition.confirmEpoch(partition.epoch(), page);
    Position from = new Position(new Epoch(page.getEpoch()), page.getFrom());
    Missed missed =
        opening.begin() instanceof Start.Unreadable
            ? new Missed(Missed.Reason.FOREIGN, from)
            : Missed.of(page);
    boolean atEnd = page.getEventsCount() == 0 && missed == null;
    boolean finished = atEnd && page.getClosed() && !opening.beginsInSnapshot();
    if (atEnd && !page.getClosed() && page.getThrough() >= tail.closedThrough()) {
      uncheck(tail);
    }
    partition.expect(page);
    return opened(
        tail, opening, missed == null ? from : requested, missed, finished, page.getHead());
  }

  private Opened opened(
      Tail tail,
      Opening opening,
      Position position,
      @Nullable Missed missed,
      boolean finished,
      long liveAfter) {
    return new Opened(
        tail.selection(),
        partition.partition(),
        opening.namespace().getSlowReaders(),
        position,
        missed,
        finished,
        liveAfter,
        opening.stateful(),
        opening.snapshot(position),
        partition.hold(tail));
  }

  private static ReadRequest.Builder earliest() {
    return ReadRequest.newBuilder().setEarliest(Earliest.getDefaultInstance());
  }

  private static IllegalArgumentException unresolved(Start start) {
    return new IllegalArgumentException("not the start in one partition: " + start);
  }

  private static RequestException recreated() {
    return new RequestException(
        ErrorCode.UNAVAILABLE, "the topic was recreated a moment ago; try again");
  }
}
