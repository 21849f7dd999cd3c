package io.tailwater.contract;

/**
 * A request that cannot be served. The message is for the client: it says what was wrong and what
 * is accepted, and names no class and no file. Carries no stack trace, since where it was thrown is
 * of no use to anyone.
 */
public final class RequestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;

  public RequestException(ErrorCode code, String message) {
    super(message, null, false, false);
    this.code = code;
  }

  public ErrorCode code() {
    return code;
  }

  /** The message; never absent, unlike that of other exceptions. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
