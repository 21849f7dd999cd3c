package io.tailwater.javaclient;

/** How a client is connected. */
public enum Transport {
  /** Chooses by what the program does and what gets through, and changes when the link changes. */
  AUTO,
  WEBSOCKET,
  SSE,
  LONG_POLL,
  SHORT_POLL
}
