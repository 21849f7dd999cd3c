package io.tailwater.edge.websocket;

/** Why a WebSocket is closed, whatever is spoken on it (RFC 6455, section 7.4). Immutable. */
enum CloseCode {
  /** The client broke RFC 6455. */
  PROTOCOL(1002),
  /** A text message is not UTF-8, or a compressed one cannot be inflated. */
  UNREADABLE(1007),
  /** A message is larger than a client's may be. */
  TOO_LARGE(1009),
  /** The gateway failed. */
  INTERNAL(1011);

  private final int code;

  CloseCode(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
