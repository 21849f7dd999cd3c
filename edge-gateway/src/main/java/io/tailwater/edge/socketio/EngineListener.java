package io.tailwater.edge.socketio;

/** What speaks over an Engine.IO session. Confined to the session's event loop. */
interface EngineListener {
  /** Takes a message of the client. */
  void onMessage(EnginePacket message);

  /** More may be written. */
  void onWritable();

  /**
   * The session is over; nothing is written any more.
   *
   * @param deliberate whether the client has ended it on purpose
   */
  void onEnd(boolean deliberate);
}
