package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Segment;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The ephemeral channels of one Redis channel that are read here: tails without a log behind them.
 * A cursor that falls below its tail's floor is given a page with nothing on it, for what the tail
 * has let go is gone. Offsets are this gateway's own count, and no client sees them. Confined to
 * one event loop; what others ask of it enqueues.
 */
final class EphemeralFeed implements Feed {
  /** Most bytes of one channel that a reader may be behind: what is older is of no use any more. */
  private static final int TAIL_BYTES = 16 << 10;

  /** How long readers wait to be heard by Redis before they are let in without. */
  private static final long OPEN_PATIENCE_MS = 2_000;

  private final String namespace;
  private final int partition;
  private final EdgeLoop loop;
  private final EphemeralFeeds feeds;
  private final List<Runnable> awaitingBroadcast = new ArrayList<>();
  private final Tails tails;
  private final Fanout fanout;
  private long through = Position.BEFORE_FIRST;
  private long idleSinceNanos;
  private boolean givenUp;

  EphemeralFeed(String namespace, int partition, EdgeLoop loop, EphemeralFeeds feeds) {
    this.namespace = namespace;
    this.partition = partition;
    this.loop = loop;
    this.feeds = feeds;
    this.idleSinceNanos = feeds.all().nanoTime();
    this.tails = new Tails(feeds.all(), TAIL_BYTES);
    this.fanout = new Fanout(this, tails, feeds.all()::nanoTime);
  }

  @Override
  public String namespace() {
    return namespace;
  }

  @Override
  public int partition() {
    return partition;
  }

  /**
   * Opens a channel: it begins now, whatever is asked for. Whoever is told that it is live misses
   * nothing that is published afterwards, so it is not before Redis is listened to, unless that
   * takes more than {@value #OPEN_PATIENCE_MS} ms.
   */
  CompletableFuture<Opened> open(Channel channel) {
    CompletableFuture<Opened> answer = new CompletableFuture<>();
    loop.execute(
        () -> {
          if (feeds.listens(this)) {
            begin(channel, answer);
          } else {
            awaitingBroadcast.add(() -> begin(channel, answer));
            loop.eventLoop().schedule(this::letIn, OPEN_PATIENCE_MS, TimeUnit.MILLISECONDS);
          }
        });
    return answer;
  }

  private void begin(Channel channel, CompletableFuture<Opened> answer) {
    if (givenUp) {
      answer.completeExceptionally(
          new RequestException(ErrorCode.UNAVAILABLE, "the channel was given up just now"));
      return;
    }
    Tail tail = tails.of(channel, through);
    tail.pin();
    Position now = new Position(Epoch.EPHEMERAL, through);
    Opened opened = new Opened(this, tail, SlowReaders.LAG, now, null, false, through);
    if (!answer.complete(opened)) {
      tail.unpin(feeds.all().nanoTime());
    }
  }

  private void letIn() {
    List<Runnable> readers = List.copyOf(awaitingBroadcast);
    awaitingBroadcast.clear();
    readers.forEach(Runnable::run);
  }

  @Override
  public void broadcastChanged() {
    loop.execute(
        () -> {
          if (feeds.listens(this)) {
            letIn();
          }
        });
  }

  @Override
  public void attach(Opened opened, Cursor cursor, EdgeLoop reader) {
    loop.execute(() -> fanout.attach(opened.tail(), cursor, reader, Epoch.EPHEMERAL, through));
  }

  @Override
  public void abandon(Opened opened) {
    loop.execute(() -> opened.tail().unpin(feeds.all().nanoTime()));
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
          if (view != null) {
            feeds.missed();
            Run nothing =
                new Run(tail.channel(), Epoch.EPHEMERAL, after.offset(), tail.floor(), List.of());
            reader.execute(() -> view.onPage(nothing, null, List.of(cursor)));
          }
        });
  }

  @Override
  public void segment(Segment segment) {
    loop.execute(() -> onSegment(segment));
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

  void tick() {
    loop.execute(this::onTick);
  }

  private void onSegment(Segment segment) {
    long from = through;
    Map<Tail, List<Event>> byTail = new LinkedHashMap<>();
    for (Event event : segment.getEventsList()) {
      Tail tail = tails.get(event.getChannelKey());
      if (tail != null) {
        byTail
            .computeIfAbsent(tail, key -> new ArrayList<>(1))
            .add(event.toBuilder().setOffset(++through).build());
      }
    }
    if (!byTail.isEmpty()) {
      fanout.advance(byTail, Epoch.EPHEMERAL, from, through);
    }
  }

  private void onTick() {
    long now = feeds.all().nanoTime();
    if (tails.sweep() || !awaitingBroadcast.isEmpty()) {
      idleSinceNanos = now;
    } else if (now - idleSinceNanos > feeds.all().partitionLingerNanos()) {
      givenUp = true;
      feeds.giveUp(this);
    }
  }
}
