package io.tailwater.contract;

import java.util.Locale;

/**
 * Why a request failed. Names and statuses are part of the public contract ({@code
 * docs/protocol.md}, Errors) and never change within v1.
 */
public enum ErrorCode {
  INVALID_CHANNEL(400, false),
  INVALID_POSITION(400, false),
  INVALID_TYPE(400, false),
  INVALID_JSON(400, false),
  INVALID_REQUEST(400, false),
  UNAUTHORIZED(401, false),
  TOKEN_EXPIRED(401, false),
  TOKEN_REVOKED(401, false),
  TOKEN_NOT_YET_VALID(401, true),
  FORBIDDEN(403, false),
  ORIGIN_DENIED(403, false),
  NOT_FOUND(404, false),
  MODEL_NOT_FOUND(404, false),
  NOT_ACCEPTABLE(406, false),
  CLOSED(409, false),
  CONFLICT(412, false),
  TOO_LARGE(413, false),
  UNSUPPORTED_MEDIA_TYPE(415, false),
  RATE_LIMITED(429, true),
  QUOTA_EXCEEDED(429, true),
  TOO_MANY_CONNECTIONS(429, true),
  TOO_MANY_SUBSCRIPTIONS(429, false),
  INTERNAL(500, true),
  UNAVAILABLE(503, true),
  OVERLOADED(503, true),
  TIMEOUT(504, true);

  private final int status;
  private final boolean retry;
  private final String wire = name().toLowerCase(Locale.ROOT);

  ErrorCode(int status, boolean retry) {
    this.status = status;
    this.retry = retry;
  }

  /** The HTTP status that goes with it. */
  public int status() {
    return status;
  }

  /** Whether the same request may succeed later. */
  public boolean retry() {
    return retry;
  }

  /** The code as it stands on the wire, e.g. {@code invalid_channel}. */
  public String wire() {
    return wire;
  }

  /** The code of a wire name; {@link #INTERNAL} for one that this version does not know. */
  public static ErrorCode ofWire(String wire) {
    for (ErrorCode code : values()) {
      if (code.wire.equals(wire)) {
        return code;
      }
    }
    return INTERNAL;
  }
}
