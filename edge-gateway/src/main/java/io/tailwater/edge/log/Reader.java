package io.tailwater.edge.log;

import io.tailwater.contract.v1.SlowReaders;

/**
 * Where a cursor delivers to: a connection, as the log sees it. Confined to the event loop of its
 * cursors.
 */
public interface Reader {
  /** Whether more may be delivered now; if not, it lets its cursors go on later. */
  boolean writable();

  /**
   * Takes the events of a run from this index on, at least one of them.
   *
   * @return the index after the last one taken; less than all if it then isn't {@link #writable}
   */
  int deliver(Cursor cursor, Run run, int index);

  /** Takes word about a cursor's channel. After an end the cursor delivers nothing more. */
  void notice(Cursor cursor, Notice notice);

  /** How long its replays are to pause, milliseconds; 0 if they may go on. */
  long replayPauseMs();

  /** Counts the events of a page that it has just taken, from one index to before another. */
  void replayed(Run run, int from, int to);

  /**
   * Its cursor was live, and its tail no longer holds what comes next. With {@code DISCONNECT} the
   * reader ends itself, and is not writable from now on.
   */
  void fellBehind(SlowReaders policy);
}
