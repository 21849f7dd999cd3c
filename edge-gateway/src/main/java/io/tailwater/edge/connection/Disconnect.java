package io.tailwater.edge.connection;

/**
 * Why the gateway ends a connection. Immutable. Each protocol tells its client in its own way; the
 * codes are part of the contract.
 */
public enum Disconnect {
  /** All channels have ended. */
  COMPLETE(1000, "", false),
  /** A message is not a frame of the protocol. */
  BAD_FRAME(4400, "the message is not a frame", false),
  /** The token is missing or bad. */
  UNAUTHORIZED(4401, "the token is missing or bad", false),
  /** The token has expired. */
  EXPIRED(4401, "the token has expired", false),
  /** The token was taken back. */
  REVOKED(4401, "the token was taken back: sign in again", false),
  /** The token will be valid soon. */
  NOT_YET_VALID(4401, "the token is not valid yet", true),
  /** The page's origin may not connect. */
  FORBIDDEN(4403, "the page's origin may not connect", false),
  /** The client reads nothing, or shows no sign of life. */
  TOO_SLOW(4408, "what was sent is not being read", true),
  /** A newer connection has the session. */
  REPLACED(4409, "a newer connection has this session", false),
  /** The gateway has no room. */
  TOO_MANY(4429, "the gateway has no room", true),
  /** The gateway goes away, or cannot go on. */
  GOING_AWAY(4503, "the gateway goes away: come back", true),
  /** The connection ends as a broken network ends it; its client is not told. */
  RESET(1006, "", true);

  private final int code;
  private final String reason;
  private final boolean reconnect;

  Disconnect(int code, String reason, boolean reconnect) {
    this.code = code;
    this.reason = reason;
    this.reconnect = reconnect;
  }

  /** The code of the contract; 4000 and above are ours, the others are those of RFC 6455. */
  public int code() {
    return code;
  }

  /** The reason in words, unless the one who ends the connection has better ones; may be empty. */
  public String reason() {
    return reason;
  }

  /** Whether the client is told to reconnect, after a {@link RetryDelay}. */
  public boolean reconnect() {
    return reconnect;
  }
}
