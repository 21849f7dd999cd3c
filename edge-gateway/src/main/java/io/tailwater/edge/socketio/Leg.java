package io.tailwater.edge.socketio;

import io.netty.buffer.ByteBuf;
import io.tailwater.edge.connection.Outlet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The way from an Engine.IO session to its client: polls, or a WebSocket. Confined to the session's
 * event loop. What is not sent at once waits for {@link #flush}.
 */
interface Leg {
  /**
   * Writes a packet of text.
   *
   * @param packet appends the packet, its type first
   */
  void text(Consumer<ByteBuf> packet);

  /** Writes a message of bytes. */
  void bytes(byte[] message);

  /** Whether more may be written now. */
  boolean writable();

  /** About how many bytes wait for the client. */
  long waiting();

  /**
   * Sends bytes that many clients share, as frames of WebSocket; null if they cannot be sent here.
   */
  @Nullable Outlet outlet();

  /** Sends what was written. */
  void flush();

  /** Tells the client that the session is over, behind what was written. */
  void close();

  /** Ends the client's connection as a broken network ends it. */
  void reset();
}
