package io.tailwater.edge.connection;

import io.tailwater.edge.log.Cursor;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;

/**
 * How a session's frames leave. Confined to the connection's event loop; what it doesn't send at
 * once waits for {@link #flush}.
 */
public interface Transport {
  /** Whether more may be written now; otherwise the session is told when it may. */
  boolean writable();

  /** Begins, and writes what comes first; the session's first cursors are there already. */
  void open(Connection session, StreamOpening opening);

  /**
   * Writes the events of a run from this index on, at least one of them.
   *
   * @return the index after the last one written; less than all if it then isn't {@link #writable}
   */
  int events(Cursor cursor, Run run, int index);

  /** Writes something about one channel. */
  void notice(Cursor cursor, Notice notice);

  /** Tells that the client's token ends in so many milliseconds. */
  void expiring(long inMs);

  /** Writes what shows that the connection is alive. */
  void heartbeat();

  /** How many bytes wait for the network, about. */
  default long bufferedBytes() {
    return 0;
  }

  /**
   * Time between two of them, milliseconds.
   *
   * @param usual what is configured for streams
   */
  default long heartbeatMs(long usual) {
    return usual;
  }

  /** Whether something waits for {@link #flush}, or may do so. */
  default boolean unsent() {
    return true;
  }

  /** Sends what was written. */
  void flush();

  /** Whether the connection ends when all its channels have. */
  default boolean endsWithItsChannels() {
    return true;
  }

  /** Says farewell, sends everything, and ends the connection. */
  void end(Farewell farewell);

  /** Why a connection ends, as its client is told. */
  enum Farewell {
    /** All its channels have ended. */
    COMPLETE,
    /** Its token has expired. */
    EXPIRED,
    /** The gateway goes away, or cannot go on: come back. */
    RETRY,
    /** The client reads too slowly: nothing more is said. */
    SILENT,
    /** As a network that breaks would end it. */
    RESET
  }
}
