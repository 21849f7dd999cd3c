package io.tailwater.edge.log;

import io.tailwater.contract.v1.SlowReaders;

/**
 * Confined to the event loop of its cursors: where they deliver to. For the log, this is all that a
 * connection is.
 *
 * @param <C> a cursor, by which a reader of several channels tells them apart
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

  /** Takes a notice about a cursor's channel. After an end the cursor delivers nothing more. */
  void notice(C cursor, Notice notice);

  /** How long its replays are to pause, milliseconds; 0 if they may go on. */
  long replayPauseMs();

  /**
   * One of its cursors was live, and the tail no longer holds what comes next. With {@code
   * DISCONNECT} the reader ends itself, and is not writable from now on.
   */
  void fellBehind(SlowReaders policy);
}
