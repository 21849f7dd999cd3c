package io.tailwater.edge.log;

import io.tailwater.contract.Position;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.loop.EdgeLoop;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription begins with, once the log has said so. Its tail stays until a cursor was
 * attached or it was abandoned.
 */
public final class Opened {
  private final Feed feed;
  private final Tail tail;
  private final SlowReaders slowReaders;
  private final Position position;
  private final @Nullable Missed missed;
  private final boolean finished;
  private final long liveAfter;

  /**
   * @param slowReaders what becomes of its reader if that falls behind
   * @param position where its reader stands; if that cannot be honoured, {@code missed} says where
   *     it is to go on, and the reader stands there only once it was told
   * @param finished the channel is closed, and nothing is left after the position
   * @param liveAfter the offset through which everything is known to be replay
   */
  Opened(
      Feed feed,
      Tail tail,
      SlowReaders slowReaders,
      Position position,
      @Nullable Missed missed,
      boolean finished,
      long liveAfter) {
    this.feed = feed;
    this.tail = tail;
    this.slowReaders = slowReaders;
    this.position = position;
    this.missed = missed;
    this.finished = finished;
    this.liveAfter = liveAfter;
  }

  Tail tail() {
    return tail;
  }

  SlowReaders slowReaders() {
    return slowReaders;
  }

  Position position() {
    return position;
  }

  public @Nullable Missed missed() {
    return missed;
  }

  /** The channel is closed, and nothing is left to deliver. */
  public boolean finished() {
    return finished;
  }

  long liveAfter() {
    return liveAfter;
  }

  public void attach(Cursor cursor, EdgeLoop reader) {
    feed.attach(this, cursor, reader);
  }

  /** Nobody will read it after all. Any thread. */
  public void abandon() {
    feed.abandon(this);
  }
}
