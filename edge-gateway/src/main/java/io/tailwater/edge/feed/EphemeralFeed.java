package io.tailwater.edge.feed;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Segment;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Confined to one event loop: the ephemeral channels of one Redis channel that are read here. They
 * are tails without a log behind them. A subscriber that falls below its tail's floor gets an empty
 * page, since nobody holds what the tail has evicted. Offsets are this gateway's own count, and no
 * client sees them.
 */
final class EphemeralFeed extends Feed {
  /** How far a reader may be behind, bytes of one channel: older events are of no use. */
  private static final int MAX_TAIL_BYTES = 16 << 10;

  /** How long readers wait for the gateway to listen to Redis before they are let in without. */
  private static final long OPEN_PATIENCE_MS = 2_000;

  private final List<Runnable> awaitingBroadcast = new ArrayList<>();
  private long through = Position.BEFORE_FIRST;

  EphemeralFeed(
      String namespace, int partition, EdgeLoop loop, Commons commons, Consumer<Feed> onReleased) {
    super(namespace, partition, loop, commons, MAX_TAIL_BYTES, onReleased);
  }

  /**
   * Opens a channel: it starts now, whatever is requested. A reader that is told that it is live
   * misses nothing that is published afterwards, so it waits until the gateway listens to Redis,
   * though at most {@value #OPEN_PATIENCE_MS} ms. Any thread.
   */
  CompletableFuture<Opened> open(Selection selection) {
    CompletableFuture<Opened> answer = new CompletableFuture<>();
    loop.execute(
        () -> {
          if (listens()) {
            onOpen(selection, answer);
          } else {
            awaitingBroadcast.add(() -> onOpen(selection, answer));
            loop.eventLoop().schedule(this::letIn, OPEN_PATIENCE_MS, TimeUnit.MILLISECONDS);
          }
        });
    return answer;
  }

  private boolean listens() {
    return commons.broadcast().connected(namespace(), partition());
  }

  private void onOpen(Selection selection, CompletableFuture<Opened> answer) {
    assert loop.inLoop();
    if (released()) {
      answer.completeExceptionally(stopped());
      return;
    }
    Tail tail = tails.of(selection, through);
    tail.pin();
    Position now = new Position(Epoch.EPHEMERAL, through);
    Opened opened =
        new Opened(
            selection,
            partition(),
            SlowReaders.LAG,
            now,
            null,
            false,
            through,
            false,
            null,
            hold(tail));
    if (!answer.complete(opened)) {
      tail.unpin(commons.now());
    }
  }

  private void letIn() {
    assert loop.inLoop();
    List<Runnable> readers = List.copyOf(awaitingBroadcast);
    awaitingBroadcast.clear();
    readers.forEach(Runnable::run);
  }

  @Override
  void onBroadcastChanged() {
    assert loop.inLoop();
    if (listens()) {
      letIn();
    }
  }

  @Override
  void onAwait(Tail tail, Tail.Waiter waiter) {
    assert loop.inLoop();
    commons.meters().ephemeralMissed().increment();
    Run nothing =
        Run.page(
            tail.selection(), Epoch.EPHEMERAL, waiter.after().offset(), tail.floor(), List.of(), 0);
    waiter
        .view()
        .loop()
        .execute(() -> waiter.view().onPage(nothing, null, List.of(waiter.subscriber())));
  }

  @Override
  void onAwaitState(Tail tail, Tail.StateWaiter waiter) {
    throw new IllegalStateException("ephemeral channels have no state");
  }

  @Override
  void onSegment(Segment segment) {
    assert loop.inLoop();
    long from = through;
    Map<Tail, List<Event>> byTail = new LinkedHashMap<>();
    for (Event event : segment.getEventsList()) {
      List<Tail> wanting = tails.of(event.getChannelKey());
      if (!wanting.isEmpty()) {
        Event numbered = event.toBuilder().setOffset(++through).build();
        for (Tail tail : wanting) {
          byTail.computeIfAbsent(tail, key -> new ArrayList<>(1)).add(numbered);
        }
      }
    }
    if (!byTail.isEmpty()) {
      fanout.advance(byTail, Epoch.EPHEMERAL, from, through);
    }
  }

  @Override
  boolean isAwaited() {
    return !awaitingBroadcast.isEmpty();
  }

  @Override
  public Epoch epoch() {
    return Epoch.EPHEMERAL;
  }

  @Override
  public long through() {
    assert loop.inLoop();
    return through;
  }
}
