package io.tailwater.edge.feed;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Segment;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.TailView;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Confined to one event loop: the tails of a partition's channels, and what fills them. The methods
 * that others may call enqueue; they say "any thread".
 */
abstract class Feed {
  final EdgeLoop loop;
  final Commons commons;
  final Tails tails;
  final Fanout fanout;
  private final String namespace;
  private final int partition;
  private final Consumer<Feed> onReleased;
  private long idleSinceNanos;
  private boolean released;

  /**
   * @param maxTailBytes the bound of one tail
   * @param onReleased called when nobody has read the partition for a while
   */
  Feed(
      String namespace,
      int partition,
      EdgeLoop loop,
      Commons commons,
      int maxTailBytes,
      Consumer<Feed> onReleased) {
    this.namespace = namespace;
    this.partition = partition;
    this.loop = loop;
    this.commons = commons;
    this.onReleased = onReleased;
    this.idleSinceNanos = commons.now();
    this.tails = new Tails(loop, commons.budget(), commons.nanoTime(), maxTailBytes);
    this.fanout = new Fanout(loop, tails, commons.nanoTime(), new Pages());
  }

  final String namespace() {
    return namespace;
  }

  public final int partition() {
    return partition;
  }

  // --- any thread ---

  /** Takes a segment of the broadcast. Any thread. */
  final void segment(Segment segment) {
    loop.execute(() -> onSegment(segment));
  }

  /** The broadcast of this partition was connected or lost. Any thread. */
  final void broadcastChanged() {
    loop.execute(this::onBroadcastChanged);
  }

  /** Lets it do what is due. Any thread. */
  final void tick() {
    loop.execute(this::onTick);
  }

  /** How many cursors read each channel here, not as part of a pattern. Any thread. */
  final CompletableFuture<Map<Channel, Integer>> readers() {
    CompletableFuture<Map<Channel, Integer>> answer = new CompletableFuture<>();
    loop.execute(
        () -> {
          Map<Channel, Integer> counts = new HashMap<>();
          for (Tail tail : tails.all()) {
            if (tail.readers() > 0 && tail.selection().scope() instanceof Channel channel) {
              counts.merge(channel, tail.readers(), Integer::sum);
            }
          }
          answer.complete(counts);
        });
    return answer;
  }

  // --- its loop ---

  abstract void onSegment(Segment segment);

  abstract void onBroadcastChanged();

  /** A subscriber lies below its tail's floor. */
  abstract void onAwait(Tail tail, Tail.Waiter waiter);

  /** A subscriber is to get a block of the channel's state. */
  abstract void onAwaitState(Tail tail, Tail.StateWaiter waiter);

  /** The epoch of its views. */
  public abstract Epoch epoch();

  /** How far it has come. */
  public abstract long through();

  /** Whether subscriptions wait to be opened. */
  abstract boolean isAwaited();

  /** A subscriber was put on a tail. */
  void onAttached(Tail tail) {}

  /** Releases itself once it has had no reader for a while. */
  void onTick() {
    assert loop.inLoop();
    long now = commons.now();
    boolean awaited = isAwaited();
    if (tails.sweep() || awaited) {
      idleSinceNanos = now;
    } else if (now - idleSinceNanos > commons.configuration().partitionLinger().toNanos()) {
      released = true;
      onReleased.accept(this);
    }
  }

  /** A subscription is being opened. */
  final void touched() {
    assert loop.inLoop();
    idleSinceNanos = commons.now();
  }

  final boolean released() {
    assert loop.inLoop();
    return released;
  }

  /** The answer to an opening that comes when the feed is {@link #released}. */
  static RequestException stopped() {
    return new RequestException(
        ErrorCode.UNAVAILABLE,
        "the gateway stopped following this channel a moment ago; try again");
  }

  /** Keeps a pinned tail for a subscription. */
  public final Opened.Hold hold(Tail tail) {
    return new Pin(tail);
  }

  /** Confined to the loop: what subscribers ask for. */
  private final class Pages implements Fanout.Pages {
    @Override
    public void onAwait(Tail tail, Tail.Waiter waiter) {
      Feed.this.onAwait(tail, waiter);
    }

    @Override
    public void onAwaitState(Tail tail, Tail.StateWaiter waiter) {
      Feed.this.onAwaitState(tail, waiter);
    }
  }

  /** Any thread. */
  private final class Pin implements Opened.Hold {
    private final Tail tail;

    Pin(Tail tail) {
      this.tail = tail;
    }

    @Override
    public void attach(TailView.Subscriber subscriber, EdgeLoop reader) {
      loop.execute(
          () -> {
            fanout.attach(tail, subscriber, reader, epoch(), through());
            onAttached(tail);
          });
    }

    @Override
    public void abandon() {
      loop.execute(() -> tail.unpin(commons.now()));
    }
  }
}
