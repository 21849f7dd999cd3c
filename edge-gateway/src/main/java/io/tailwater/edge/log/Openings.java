package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Earliest;
import io.tailwater.contract.v1.Latest;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * How subscriptions to a partition's channels begin: whether the channel is known and closed, and
 * whether the position that was asked for can be honoured, is had from the log before anything is
 * answered. Confined to the loop of its {@link PartitionFeed}.
 */
final class Openings {
  /** A position of no log: who comes back with it is told once more that it is foreign. */
  private static final Position NOWHERE = new Position(new Epoch("0"), Position.BEFORE_FIRST);

  private final PartitionFeed feed;
  private final Tails tails;
  private final EdgeLoop loop;
  private final Feeds feeds;
  private final Backoff backoff = new Backoff();

  Openings(PartitionFeed feed, Tails tails, EdgeLoop loop, Feeds feeds) {
    this.feed = feed;
    this.tails = tails;
    this.loop = loop;
    this.feeds = feeds;
  }

  void open(Opening opening, CompletableFuture<Opened> answer) {
    if (answer.isDone()) {
      return;
    }
    Tail tail = tails.of(opening.channel(), feed.through());
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
              } else if (opening.namespace().getPlatformOnly() && !tail.known) {
                answer.completeExceptionally(
                    new RequestException(
                        ErrorCode.NOT_FOUND, "nothing is left of " + opening.channel()));
              } else {
                resolve(tail, opening, answer);
              }
            });
  }

  /**
   * A subscription that is asked for.
   *
   * @param fresh its reader wants everything that is in the log by now, not only what has come here
   */
  record Opening(Channel channel, Namespace namespace, Start start, boolean fresh) {}

  /**
   * One read tells whether the channel is known, and closed at the tail's floor; from there on its
   * events say so.
   */
  CompletableFuture<Void> check(Tail tail) {
    if (tail.checked != null && !tail.checked.isCompletedExceptionally()) {
      return tail.checked;
    }
    Epoch asked = feed.currentEpoch();
    CompletableFuture<Void> checked = new CompletableFuture<>();
    tail.checked = checked;
    long floor = tail.floor();
    feed.read(tail, PartitionFeed.after(new Position(asked, floor)), 1)
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
                  asked.equals(feed.currentEpoch()) && page.getEpoch().equals(asked.text());
              if (!same) {
                feed.confirmEpoch(asked, page);
                checked.completeExceptionally(madeAgain());
                return;
              }
              tail.known |= page.getKnown();
              // An event beyond the floor will come here, and tell itself whether it closes.
              if (page.getClosed() && page.getEventsCount() == 0 && !tail.closed()) {
                tail.closedThrough(floor);
                feed.tellClosedThrough(tail);
              }
              checked.complete(null);
            },
            loop::execute);
    return checked;
  }

  /**
   * Those who are attached wait to be told that their channel is closed, however often it takes.
   */
  void checkForReaders(Tail tail) {
    if (tail.readers() > 0) {
      check(tail);
    }
  }

  /** The closing event is gone, and the channel open again. */
  void uncheck(Tail tail) {
    tail.uncheck();
    feed.tellClosedThrough(tail);
    checkForReaders(tail);
  }

  private void resolve(Tail tail, Opening opening, CompletableFuture<Opened> answer) {
    Start start = opening.start();
    Epoch now = feed.currentEpoch();
    if (!tail.closed() && !opening.fresh()) {
      if (start instanceof Start.Latest) {
        answer.complete(here(tail, opening, new Position(now, feed.through())));
        return;
      }
      if (start instanceof Start.After(Position after)
          && after.epoch().equals(now)
          && after.offset() <= feed.through()) {
        answer.complete(here(tail, opening, after));
        return;
      }
    }
    Position asked =
        switch (start) {
          case Start.Latest latest -> new Position(now, feed.through());
          case Start.After(Position after) -> after;
          case Start.Earliest e -> NOWHERE;
          case Start.Unreadable u -> NOWHERE;
          case Start.Last l -> NOWHERE;
          case Start.Since s -> NOWHERE;
        };
    ReadRequest.Builder request =
        switch (start) {
          case Start.Latest latest ->
              opening.fresh()
                  ? ReadRequest.newBuilder().setLatest(Latest.getDefaultInstance())
                  : PartitionFeed.after(asked);
          case Start.After after -> PartitionFeed.after(asked);
          case Start.Earliest e -> earliest();
          case Start.Unreadable u -> earliest();
          case Start.Last(int count) -> ReadRequest.newBuilder().setLast(count);
          case Start.Since(long timeMs) -> ReadRequest.newBuilder().setTimeMs(timeMs);
        };
    feed.read(tail, request, 1)
        .whenCompleteAsync(
            (page, failure) -> {
              if (failure != null) {
                answer.completeExceptionally(failure);
              } else if (now.equals(feed.currentEpoch())) {
                answer.complete(opened(tail, opening, asked, page));
              } else {
                answer.completeExceptionally(madeAgain());
              }
            },
            loop::execute);
  }

  private Opened here(Tail tail, Opening opening, Position position) {
    return new Opened(
        feed, tail, opening.namespace().getSlowReaders(), position, null, false, feed.through());
  }

  private Opened opened(Tail tail, Opening opening, Position asked, ReadPage page) {
    feed.confirmEpoch(feed.currentEpoch(), page);
    Position from = new Position(new Epoch(page.getEpoch()), page.getFrom());
    Missed missed =
        opening.start() instanceof Start.Unreadable
            ? new Missed(Missed.Reason.FOREIGN, from)
            : Missed.of(page);
    boolean atEnd = page.getEventsCount() == 0 && missed == null;
    boolean finished = atEnd && page.getClosed();
    if (atEnd && !page.getClosed() && page.getHead() >= tail.closedThrough()) {
      uncheck(tail);
    }
    feed.expect(page);
    return new Opened(
        feed,
        tail,
        opening.namespace().getSlowReaders(),
        missed == null ? from : asked,
        missed,
        finished,
        page.getHead());
  }

  private static ReadRequest.Builder earliest() {
    return ReadRequest.newBuilder().setEarliest(Earliest.getDefaultInstance());
  }

  private static RequestException madeAgain() {
    return new RequestException(ErrorCode.UNAVAILABLE, "the topic was made again just now");
  }
}
