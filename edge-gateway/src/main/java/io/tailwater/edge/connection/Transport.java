package io.tailwater.edge.connection;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.StateBlock;
import io.tailwater.edge.log.Subscription;
import io.tailwater.edge.presence.PresenceUpdate;

/**
 * How a connection writes to its client in one wire protocol. Confined to the connection's event
 * loop. What is not sent at once waits for {@link #flush}. A transport that can do more implements
 * {@link Opens}, {@link Beats}, {@link Expires}, {@link Buffers}, {@link States}, {@link Bounded},
 * {@link Presences}, {@link Pushes} or {@link Joins} as well.
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
  int events(Subscription subscription, Run run, int index);

  /** Writes something about one channel or pattern. */
  void notice(Subscription subscription, Notice notice);

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

  /** A transport whose connection goes on without one of its channels. */
  interface Unsubscribes {
    /** Ends the subscription of a cursor of its connection, and tells the client. */
    void unsubscribe(Subscription subscription);
  }

  /** A transport that knows what it has not sent yet. */
  interface Buffers {
    /** About how many bytes wait for the network. */
    long bufferedBytes();

    /** Whether something waits for {@link #flush}, or may do so. */
    default boolean unsent() {
      return true;
    }

    /**
     * Whether the client's host has confirmed no byte for so long, though some were sent again,
     * that it counts as gone. Asked at each heartbeat.
     */
    default boolean unconfirmed() {
      return false;
    }
  }

  /** A transport that can show the state of a channel. */
  interface States {
    /** Writes a block of the state. */
    void state(Subscription subscription, StateBlock block);
  }

  /** A transport that takes what is not stored in any channel. */
  interface Pushes {
    /** Whether its client wants any. */
    default boolean wantsPushes() {
      return true;
    }

    /** Writes a push. */
    void push(String type, Payload payload);
  }

  /** A transport whose client can acknowledge a push. */
  interface Asks {
    /**
     * Writes a push that the client is to acknowledge.
     *
     * @param timeoutMs after which its acknowledgement comes too late
     * @param heard gets what came of it, once, on the connection's loop
     * @throws RequestException if too many have no acknowledgement yet
     */
    void ask(String type, Payload payload, long timeoutMs, Heard heard);

    /** What came of a push that is to be acknowledged. */
    interface Heard {
      /**
       * The client has acknowledged it.
       *
       * @param answer a JSON array
       */
      void acknowledged(byte[] answer);

      /** There will be no acknowledgement. */
      void failed(ErrorCode why);
    }
  }

  /** A transport whose connection can be subscribed to channels by the backend. */
  interface Joins {
    /**
     * Subscribes the connection, whatever its own rights are. A channel that it reads already stays
     * as it is.
     *
     * @throws RequestException if it cannot be subscribed
     */
    void join(Channel channel, Start start);

    /** Ends the subscription of a channel, and tells the client; returns whether there was one. */
    boolean leave(Channel channel);
  }

  /** A transport that can show who is present in a channel. */
  interface Presences {
    /** Writes who is present, or what has changed. */
    void presence(PresenceUpdate update);
  }

  /** A transport whose answer ends, even if the log was not looked through to its end. */
  interface Bounded {
    /** Events of this many bytes were looked through and left out. */
    void leftOut(long bytes);
  }
}
