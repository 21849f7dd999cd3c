package io.tailwater.edge.log;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Confined to one event loop: that loop's copy of a partition. It holds how far the partition has
 * come, and views of the tails that the loop's connections read. The partition's feed calls the
 * {@code on...} methods by tasks of this loop, in order.
 */
public final class PartitionView {
  private final Progress progress;
  private final Set<TailView> tails = new LinkedHashSet<>();

  public PartitionView(EdgeLoop loop, Epoch epoch, long through) {
    progress = new Progress(loop, epoch, through);
  }

  /** What a segment changes in one tail: one run is new, and the floor may have risen. */
  public record Step(TailView tail, Run run, long floor) {}

  public EdgeLoop loop() {
    return progress.loop();
  }

  /**
   * A copy of a tail, for {@link #onAttach}; called on the tail's loop.
   *
   * @param runs retained for the copy
   */
  public TailView copy(TailView.Upstream tail, long floor, long closedThrough, List<Run> runs) {
    return new TailView(progress, tail, floor, closedThrough, runs);
  }

  /** Gives a subscriber its tail, which may be new here. */
  public void onAttach(TailView tail, TailView.Subscriber subscriber) {
    assert loop().inLoop();
    tails.add(tail);
    subscriber.join(tail);
    loop().flush();
  }

  /** The last subscriber of a tail has left. */
  public void onDrop(TailView tail) {
    assert loop().inLoop();
    tails.remove(tail);
    tail.release();
  }

  /**
   * The partition has moved on.
   *
   * @param steps their runs are retained for their views
   */
  public void onAdvance(List<Step> steps, long through) {
    assert loop().inLoop();
    // First every run, then the position, then the subscribers: a position that is sent must not
    // pass an event that another cursor of the same connection has yet to write.
    int bytes = 0;
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      TailView tail = step.tail();
      bytes += step.run().encodedBytes();
      tail.settle();
      tail.append(step.run());
      tail.trim(step.floor());
    }
    progress.advance(through);
    loop().beginNews();
    for (int i = 0; i < steps.size(); i++) {
      steps.get(i).tail().pump();
    }
    progress.runAwaiting();
    loop().flushNews(bytes);
  }

  /** Every tail starts over at this offset. */
  public void onCut(Epoch epoch, long through) {
    assert loop().inLoop();
    tails.forEach(TailView::settle);
    progress.cut(epoch, through);
    tails.forEach(tail -> tail.cut(through));
    List.copyOf(tails).forEach(TailView::pump);
    loop().flush();
  }

  /** A run of a tail, retained for its view, stands in for one whose content was taken out. */
  public void onRedacted(TailView tail, Run run) {
    assert loop().inLoop();
    tail.replace(run);
  }

  /** A tail's floor has risen. */
  public void onFloor(TailView tail, long floor) {
    assert loop().inLoop();
    tail.settle();
    tail.trim(floor);
    tail.pump();
    loop().flush();
  }

  /** The log has said through where a channel is closed, or that it is open. */
  public void onClosedThrough(TailView tail, long closedThrough) {
    assert loop().inLoop();
    tail.closedThrough(closedThrough);
    tail.pump();
    loop().flush();
  }

  /** A page for subscribers that await it; its run is retained for this call. */
  public void onPage(Run run, @Nullable Missed missed, List<TailView.Subscriber> subscribers) {
    assert loop().inLoop();
    subscribers.forEach(subscriber -> subscriber.page(run, missed));
    run.release();
    loop().flush();
  }

  /** A block of the state of a channel for a subscriber that awaits it; null if it failed. */
  public void onState(@Nullable StatePage page, boolean lasting, TailView.Subscriber subscriber) {
    assert loop().inLoop();
    subscriber.state(page, lasting);
    loop().flush();
  }
}
