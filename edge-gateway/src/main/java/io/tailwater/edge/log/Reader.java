package io.tailwater.edge.log;

import io.tailwater.contract.v1.SlowReaders;

/**
 * Confined to the event loop of its cursors: where they deliver to. For the log, this is all that a
 * connection is.
 *
 * @param <C> what delivers, by which a reader tells them apart: the cursors of a subscription, or
 *     the subscriptions of a connection
 */
public interface Reader<C> {
  /** Whether it takes more now. If not, it pumps its cursors when it does again. */
  boolean writable();

  /**
   * Takes events of a run, at least the one at this index. Those of a {@linkplain Run#isPage page}
   * count as replayed.
   *
   * @return the index after the last event taken; if events are left, the reader isn't {@link
   *     #writable}
   */
  int deliver(C cursor, Run run, int index);

  /**
   * Takes a block of the channel's state. Events are delivered once the snapshot is complete.
   * Called only if it was opened with {@link Start.State}.
   */
  default void state(C cursor, StateBlock block) {
    throw new IllegalStateException("it has not asked for a state");
  }

  /** Takes a notice about a cursor's channel. After an end the cursor delivers nothing more. */
  void notice(C cursor, Notice notice);

  /**
   * Whether its client was told that it is live. Only then a cursor that falls behind is slow: a
   * pattern whose other partitions replay may fill the connection by itself.
   */
  default boolean toldLive() {
    return true;
  }

  /** A page was looked through, and events of this many bytes were left out as not wanted. */
  void leftOut(long bytes);

  /** How long its replays are to pause, milliseconds; 0 if they may go on. */
  long replayPauseMs();

  /**
   * One of its cursors was live, and the tail no longer holds what comes next. With {@code
   * DISCONNECT} the reader ends itself, and is not writable from now on.
   */
  void fellBehind(SlowReaders policy);
}
