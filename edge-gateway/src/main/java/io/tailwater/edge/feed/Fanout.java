package io.tailwater.edge.feed;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.Event;
import io.tailwater.edge.log.PartitionView;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.SnapshotPoint;
import io.tailwater.edge.log.TailView;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Confined to the loop of its feed: updates the other loops' views of the feed, by tasks in order.
 */
final class Fanout {
  private final EdgeLoop loop;
  private final Tails tails;
  private final LongSupplier nanoTime;
  private final Pages pages;
  private final Map<EdgeLoop, PartitionView> views = new LinkedHashMap<>();

  Fanout(EdgeLoop loop, Tails tails, LongSupplier nanoTime, Pages pages) {
    this.loop = loop;
    this.tails = tails;
    this.nanoTime = nanoTime;
    this.pages = pages;
  }

  /** Pages for subscribers that lie below their tail's floor. Confined to the feed's loop. */
  interface Pages {
    /** Sends a subscriber the page after its position, sooner or later. */
    void onAwait(Tail tail, Tail.Waiter waiter);

    /** Sends a subscriber a block of the channel's state, or tells it to ask again. */
    void onAwaitState(Tail tail, Tail.StateWaiter waiter);
  }

  /** A tail, for the view of one loop. Any thread. */
  private final class Upstream implements TailView.Upstream {
    private final Tail tail;
    private final PartitionView view;

    Upstream(Tail tail, PartitionView view) {
      this.tail = tail;
      this.view = view;
    }

    @Override
    public void awaitPage(TailView.Subscriber subscriber, Position after) {
      loop.execute(
          () -> {
            if (tail.viewOf(view) != null) { // otherwise it has left meanwhile
              pages.onAwait(tail, new Tail.Waiter(subscriber, after, view));
            }
          });
    }

    @Override
    public void awaitState(TailView.Subscriber subscriber, SnapshotPoint point) {
      loop.execute(
          () -> {
            if (tail.viewOf(view) != null) { // otherwise it has left meanwhile
              pages.onAwaitState(tail, new Tail.StateWaiter(subscriber, point, view));
            }
          });
    }

    @Override
    public void detach() {
      loop.execute(() -> onDetach(tail, view));
    }
  }

  boolean isEmpty() {
    assert loop.inLoop();
    return views.isEmpty();
  }

  /**
   * Puts a subscriber on a tail that was pinned for it.
   *
   * @param through how far the feed has come
   */
  void attach(
      Tail tail, TailView.Subscriber subscriber, EdgeLoop reader, Epoch epoch, long through) {
    assert loop.inLoop();
    PartitionView view =
        views.computeIfAbsent(reader, key -> new PartitionView(key, epoch, through));
    TailView copy = tail.attach(view, new Upstream(tail, view));
    tail.unpin(nanoTime.getAsLong());
    reader.execute(() -> view.onAttach(copy, subscriber));
  }

  private void onDetach(Tail tail, PartitionView view) {
    assert loop.inLoop();
    TailView last = tail.detach(view, nanoTime.getAsLong());
    if (last != null) {
      view.loop().execute(() -> view.onDrop(last));
      if (tails.all().stream().allMatch(other -> other.viewOf(view) == null)) {
        views.remove(view.loop(), view);
      }
    }
  }

  /**
   * Appends to each tail its events in (from, through], and sends them to the loops that read.
   *
   * @param byTail all events of each tail's scope, of any type
   */
  void advance(Map<Tail, List<Event>> byTail, Epoch epoch, long from, long through) {
    assert loop.inLoop();
    List<Tail> appended = new ArrayList<>(byTail.size());
    List<Run> runs = new ArrayList<>(byTail.size());
    byTail.forEach(
        (tail, events) -> {
          tail.known = true;
          Run run = Run.live(tail.selection(), epoch, from, through, events);
          // A closed channel that goes on is open again, whatever the type of its next event.
          if (run.matters() || tail.closed()) {
            tails.append(tail, run);
            appended.add(tail);
            runs.add(run);
          } else {
            run.release();
          }
        });
    for (PartitionView view : views.values()) {
      List<PartitionView.Step> steps = new ArrayList<>();
      for (int i = 0; i < runs.size(); i++) {
        Tail tail = appended.get(i);
        TailView copy = tail.viewOf(view);
        if (copy != null) {
          steps.add(new PartitionView.Step(copy, runs.get(i).retain(), tail.floor()));
        }
      }
      view.loop().execute(() -> view.onAdvance(steps, through));
    }
    runs.forEach(Run::release);
    tails.trimToBudget(this::floorRose);
  }

  /** Takes out of a tail what a redaction of one of its channels takes out. */
  void redact(Tail tail, Event redaction) {
    assert loop.inLoop();
    for (Run run : tails.redact(tail, redaction)) {
      for (PartitionView view : views.values()) {
        TailView copy = tail.viewOf(view);
        if (copy != null) {
          Run ofView = run.retain();
          view.loop().execute(() -> view.onRedacted(copy, ofView));
        }
      }
      run.release();
    }
  }

  void floorRose(Tail tail) {
    long floor = tail.floor();
    update(tail, (view, copy) -> view.onFloor(copy, floor));
  }

  void closedThroughChanged(Tail tail) {
    long closedThrough = tail.closedThrough();
    update(tail, (view, copy) -> view.onClosedThrough(copy, closedThrough));
  }

  /** Updates the loops that read this tail. */
  private void update(Tail tail, BiConsumer<PartitionView, TailView> update) {
    assert loop.inLoop();
    for (PartitionView view : views.values()) {
      TailView copy = tail.viewOf(view);
      if (copy != null) {
        view.loop().execute(() -> update.accept(view, copy));
      }
    }
  }

  /** Updates every loop that reads the feed. */
  void updateAll(Consumer<PartitionView> update) {
    assert loop.inLoop();
    views.values().forEach(view -> view.loop().execute(() -> update.accept(view)));
  }
}
