package io.tailwater.edge.ws;

/** Why the gateway closes a connection; the numbers are part of the contract. */
enum CloseCode {
  /** All is said. */
  NORMAL(1000, false),
  /** RFC 6455 was broken. */
  PROTOCOL(1002, false),
  /** A text message is no UTF-8, or a compressed one cannot be inflated. */
  UNREADABLE_TEXT(1007, false),
  /** A message is larger than a client's may be. */
  TOO_LARGE(1009, false),
  /** We failed. */
  INTERNAL(1011, true),
  /** A message is no frame of ours. */
  BAD_FRAME(4400, false),
  /** The token is missing, bad or expired. */
  UNAUTHORIZED(4401, false),
  /** The page's origin may not connect. */
  FORBIDDEN(4403, false),
  /** The client takes nothing, or gives no sign of life. */
  TOO_SLOW(4408, true),
  /** The gateway has no room. */
  TOO_MANY(4429, true),
  /** The gateway goes away. */
  GOING_AWAY(4503, true);

  private static final int FIRST_OF_OURS = 4000;

  private final int code;
  private final boolean comeBack;

  CloseCode(int code, boolean comeBack) {
    this.code = code;
    this.comeBack = comeBack;
  }

  int code() {
    return code;
  }

  /** Whether the client is told when to come back. */
  boolean comeBack() {
    return comeBack;
  }

  /**
   * Whether a {@code disconnect} frame says so first: not when the peer was found to speak another
   * language than WebSocket.
   */
  boolean announced() {
    return code >= FIRST_OF_OURS;
  }
}
