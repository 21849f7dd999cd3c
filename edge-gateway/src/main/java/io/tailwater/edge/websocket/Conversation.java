package io.tailwater.edge.websocket;

import io.netty.buffer.ByteBuf;

/** A protocol on one WebSocket. Confined to the connection's event loop. */
public interface Conversation {
  /** Begins. The handshake has been answered, and nothing of the client has been read. */
  void begin();

  /**
   * Takes a message of the client. Called while the connection is writable and this is not {@link
   * #full}.
   *
   * @param text whether it is a text message, which is then UTF-8
   * @param message the whole message, inflated; the caller releases it
   */
  void onMessage(boolean text, ByteBuf message);

  /**
   * Whether it takes no more messages for now. When it takes them again, it calls {@link
   * WebSocket#readOn}.
   */
  boolean full();

  /** The connection is writable again. */
  void onWritable();

  /** The client closes the WebSocket on purpose; {@link #onEnd} in short. */
  default void onClose() {
    onEnd();
  }

  /**
   * The client has closed or is gone, or has broken the rules: no message comes any more. May be
   * called several times.
   */
  void onEnd();
}
