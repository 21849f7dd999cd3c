package io.tailwater.edge.log;

import io.tailwater.contract.Epoch;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.List;

/**
 * Confined to one event loop: how far a partition has come, as that loop knows it. The loop's views
 * of the partition's tails share it.
 */
final class Progress {
  private final EdgeLoop loop;
  private List<Runnable> awaitingNext = new ArrayList<>(0);
  private Epoch epoch;
  private long through;

  Progress(EdgeLoop loop, Epoch epoch, long through) {
    this.loop = loop;
    this.epoch = epoch;
    this.through = through;
  }

  EdgeLoop loop() {
    return loop;
  }

  Epoch epoch() {
    return epoch;
  }

  /** The offset through which the loop has everything of its tails. */
  long through() {
    return through;
  }

  void advance(long newThrough) {
    assert loop.inLoop();
    through = newThrough;
  }

  void cut(Epoch newEpoch, long newThrough) {
    assert loop.inLoop();
    epoch = newEpoch;
    through = newThrough;
  }

  /** Runs a task after the next advance, once. */
  void onNext(Runnable task) {
    assert loop.inLoop();
    awaitingNext.add(task);
  }

  void runAwaiting() {
    assert loop.inLoop();
    if (!awaitingNext.isEmpty()) {
      List<Runnable> tasks = awaitingNext;
      awaitingNext = new ArrayList<>(0);
      tasks.forEach(Runnable::run);
    }
  }
}
