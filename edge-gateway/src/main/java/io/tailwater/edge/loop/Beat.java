package io.tailwater.edge.loop;

/**
 * A connection as its event loop sees it: something to flush and to keep alive. Confined to the
 * loop that it was added to.
 */
public abstract class Beat {
  /** Its place in the loop's wheel. */
  int spoke;

  int place;

  /** Sends what was written since the last flush. */
  protected abstract void flush();

  /** Called about every {@link #heartbeatMs}, until it is removed. */
  protected abstract void heartbeat();

  /**
   * Time between two heartbeats, milliseconds.
   *
   * @param usual the configured time for streams, milliseconds
   */
  protected abstract long heartbeatMs(long usual);

  /** Whether it has ended, and was removed from the loop. */
  protected abstract boolean closed();
}
