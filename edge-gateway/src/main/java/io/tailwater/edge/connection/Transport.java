package io.tailwater.edge.connection;

import io.tailwater.edge.log.Cursor;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;

/**
 * How a connection writes to its client in one wire protocol. Confined to the connection's event
 * loop. What is not sent at once waits for {@link #flush}. A transport that can do more implements
 * {@link Opens}, {@link Beats}, {@link Expires} or {@link Buffers} as well.
 */
public interface Transport {
  /** The protocol's name in metrics and for operators. */
  String name();

  /** Whether more may be written now; otherwise it calls {@code Connection.onWritable} later. */
  boolean writable();

  /**
   * Writes the events of a run from this index on, at least one of them.
   *
   * @return the index after the last one written; less than all if it then isn't {@link #writable}
   */
  int events(Cursor cursor, Run run, int index);

  /** Writes something about one channel. */
  void notice(Cursor cursor, Notice notice);

  /** Sends what was written. */
  void flush();

  /** Tells the client why, sends everything, and ends the connection. */
  void end(Disconnect disconnect);

  /** A transport that shows its client that the connection is alive. */
  interface Beats {
    /** Writes a sign of life. Called about every {@link #heartbeatMs}, while it is writable. */
    void heartbeat();

    /**
     * Time between two of them, milliseconds.
     *
     * @param usual the configured time for streams, milliseconds
     */
    default long heartbeatMs(long usual) {
      return usual;
    }
  }

  /** A transport that warns its client before the token expires. */
  interface Expires {
    /**
     * Writes the warning.
     *
     * @param inMs time until the token expires, milliseconds
     */
    void expiring(long inMs);
  }

  /** A transport that knows what it has not sent yet. */
  interface Buffers {
    /** About how many bytes wait for the network. */
    long bufferedBytes();

    /** Whether something waits for {@link #flush}, or may do so. */
    default boolean unsent() {
      return true;
    }
  }
}
