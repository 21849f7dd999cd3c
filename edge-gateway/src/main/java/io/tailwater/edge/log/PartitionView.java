package io.tailwater.edge.log;

import io.tailwater.contract.Epoch;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one event loop knows of a partition: how far it has come, and the tails that the loop's
 * sessions read. Confined to that loop; the {@link PartitionFeed} tells it by tasks, in order.
 */
final class PartitionView {
  private final Feed feed;
  private final EdgeLoop loop;
  private final Map<Tail, TailView> tails = new LinkedHashMap<>();
  private List<Cursor> expecting = new ArrayList<>(0);
  private Epoch epoch;
  private long through;

  PartitionView(Feed feed, EdgeLoop loop, Epoch epoch, long through) {
    this.feed = feed;
    this.loop = loop;
    this.epoch = epoch;
    this.through = through;
  }

  /** What a segment changes in one tail: at most one run, and a floor that may have risen. */
  record Step(Tail tail, Run run, long floor) {}

  Feed feed() {
    return feed;
  }

  EdgeLoop loop() {
    return loop;
  }

  Epoch epoch() {
    return epoch;
  }

  long through() {
    return through;
  }

  void onAttach(Tail tail, TailView.@Nullable Snapshot snapshot, Cursor cursor) {
    assert loop.inLoop();
    TailView view = tails.get(tail);
    if (snapshot != null) {
      view = new TailView(this, tail, snapshot);
      tails.put(tail, view);
    }
    if (view == null) {
      throw new IllegalStateException("a tail was attached to without its snapshot");
    }
    if (cursor.unsubscribed()) {
      feed.detach(tail, this);
      return;
    }
    view.join(cursor);
    cursor.pump();
    loop.flush();
  }

  void onDrop(Tail tail) {
    assert loop.inLoop();
    TailView view = tails.remove(tail);
    if (view != null) {
      view.release();
    }
  }

  void onAdvance(List<Step> steps, long newThrough) {
    assert loop.inLoop();
    // First every run, then the position, then the cursors: a position that is sent must not pass
    // an event that a
    // neighbour of the same session has yet to write.
    List<TailView> moved = new ArrayList<>(steps.size());
    int bytes = 0;
    for (Step step : steps) {
      TailView view = tails.get(step.tail());
      if (view != null) {
        bytes += step.run().encodedBytes();
        view.settle();
        view.append(step.run());
        view.trim(step.floor());
        moved.add(view);
      } else {
        step.run().release();
      }
    }
    through = newThrough;
    loop.beginNews();
    moved.forEach(TailView::pump);
    if (!expecting.isEmpty()) {
      List<Cursor> cursors = expecting;
      expecting = new ArrayList<>(0);
      cursors.forEach(Cursor::expected);
    }
    loop.flushNews(bytes);
  }

  /** Tells the cursor of the partition's next step, once. */
  void expect(Cursor cursor) {
    expecting.add(cursor);
  }

  void onCut(Epoch newEpoch, long newThrough) {
    assert loop.inLoop();
    tails.values().forEach(TailView::settle);
    epoch = newEpoch;
    through = newThrough;
    tails.values().forEach(view -> view.cut(newThrough, Tail.OPEN));
    pump();
  }

  void onFloor(Tail tail, long floor) {
    TailView view = tails.get(tail);
    if (view != null) {
      view.settle();
      view.trim(floor);
      view.pump();
      loop.flush();
    }
  }

  void onClosedThrough(Tail tail, long closedThrough) {
    TailView view = tails.get(tail);
    if (view != null) {
      view.closedThrough(closedThrough);
      view.pump();
      loop.flush();
    }
  }

  void onPage(Run run, @Nullable Missed missed, List<Cursor> readers) {
    assert loop.inLoop();
    for (Cursor reader : readers) {
      reader.page(run, missed);
    }
    run.release();
    loop.flush();
  }

  private void pump() {
    List.copyOf(tails.values()).forEach(TailView::pump);
    loop.flush();
  }
}
