package io.tailwater.edge.loop;

/**
 * Confined to the loop that it was added to: a connection, as its event loop sees it. The loop
 * flushes it and keeps it alive.
 */
public abstract class Beat {
  /** Its spoke of the loop's wheel. */
  int spoke;

  /** Its place on that spoke. */
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
