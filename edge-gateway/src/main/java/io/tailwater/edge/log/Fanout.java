package io.tailwater.edge.log;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.Event;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Hands what a feed knows to the event loops that read it, each its {@link PartitionView}, by tasks
 * in order. Confined to the feed's loop.
 */
final class Fanout {
  private final Feed feed;
  private final Tails tails;
  private final LongSupplier nanoTime;
  private final Map<EdgeLoop, PartitionView> views = new LinkedHashMap<>();

  Fanout(Feed feed, Tails tails, LongSupplier nanoTime) {
    this.feed = feed;
    this.tails = tails;
    this.nanoTime = nanoTime;
  }

  boolean isEmpty() {
    return views.isEmpty();
  }

  /** The loop's view; null if it has left. */
  @Nullable PartitionView of(EdgeLoop loop) {
    return views.get(loop);
  }

  /**
   * Puts a cursor on a tail that was pinned for it.
   *
   * @param through how far the feed has come
   */
  void attach(Tail tail, Cursor cursor, EdgeLoop reader, Epoch epoch, long through) {
    PartitionView view =
        views.computeIfAbsent(reader, key -> new PartitionView(feed, reader, epoch, through));
    TailView.Snapshot snapshot = tail.attach(view);
    tail.unpin(nanoTime.getAsLong());
    reader.execute(() -> view.onAttach(tail, snapshot, cursor));
  }

  void detach(Tail tail, PartitionView view) {
    if (tail.detach(view, nanoTime.getAsLong())) {
      view.loop().execute(() -> view.onDrop(tail));
      if (tails.all().stream().noneMatch(other -> other.isAttached(view))) {
        views.remove(view.loop(), view);
      }
    }
  }

  /** Appends to each tail what came for it in (from, through], and sends it to who reads it. */
  void advance(Map<Tail, List<Event>> byTail, Epoch epoch, long from, long through) {
    List<Run> runs = new ArrayList<>(byTail.size());
    byTail.forEach(
        (tail, events) -> {
          Run run = new Run(tail.channel(), epoch, from, through, events);
          tail.known = true;
          tails.append(tail, run);
          runs.add(run);
        });
    List<Tail> appended = List.copyOf(byTail.keySet());
    for (PartitionView view : views.values()) {
      List<PartitionView.Step> steps = new ArrayList<>();
      for (int i = 0; i < runs.size(); i++) {
        Tail tail = appended.get(i);
        if (tail.isAttached(view)) {
          steps.add(new PartitionView.Step(tail, runs.get(i).retain(), tail.floor()));
        }
      }
      view.loop().execute(() -> view.onAdvance(steps, through));
    }
    runs.forEach(Run::release);
    tails.trimToBudget(this::floorRose);
  }

  void floorRose(Tail tail) {
    long floor = tail.floor();
    tell(tail, view -> view.onFloor(tail, floor));
  }

  /** Tells the loops that read this tail. */
  void tell(Tail tail, Consumer<PartitionView> what) {
    for (PartitionView view : views.values()) {
      if (tail.isAttached(view)) {
        view.loop().execute(() -> what.accept(view));
      }
    }
  }

  void tellAll(Consumer<PartitionView> what) {
    views.values().forEach(view -> view.loop().execute(() -> what.accept(view)));
  }
}
