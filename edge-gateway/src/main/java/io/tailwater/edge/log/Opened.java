package io.tailwater.edge.log;

import io.tailwater.contract.Position;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.loop.EdgeLoop;
import org.jspecify.annotations.Nullable;

/**
 * Immutable, for any thread: what the cursor of a subscription begins with, as the log has
 * answered. The gateway keeps the cursor's tail until {@link #attach} or {@link #abandon} is
 * called, once.
 *
 * @param partition where the cursor reads
 * @param slowReaders what becomes of the reader if it falls behind
 * @param position where the reader stands
 * @param missed null if {@code position} can be honoured; else the reader is told, and goes on
 *     where this says
 * @param finished the channel is closed, and nothing is left after the position
 * @param liveAfter the offset through which everything is known to be replay
 * @param stateful the reader has the channel's state, and is given it again after a reset
 * @param snapshot where it begins in a snapshot; null if it begins at its position
 * @param hold keeps the tail
 */
public record Opened(
    Selection selection,
    int partition,
    SlowReaders slowReaders,
    Position position,
    @Nullable Missed missed,
    boolean finished,
    long liveAfter,
    boolean stateful,
    @Nullable SnapshotPoint snapshot,
    Hold hold) {
  /** A tail that is kept for a subscription. Its methods enqueue; any thread may call them. */
  public interface Hold {
    /** Puts a subscriber of this loop on the tail. */
    void attach(TailView.Subscriber subscriber, EdgeLoop loop);

    /** Releases the tail. */
    void abandon();
  }

  /** Puts a cursor of this loop on the tail. Any thread. */
  public void attach(TailView.Subscriber cursor, EdgeLoop loop) {
    hold.attach(cursor, loop);
  }

  /** Nobody will read it after all. Any thread. */
  public void abandon() {
    hold.abandon();
  }
}
