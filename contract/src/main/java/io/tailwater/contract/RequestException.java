package io.tailwater.contract;

import org.jspecify.annotations.Nullable;

/**
 * A request that cannot be served. The message is for the client: it says what was wrong and what
 * is accepted, and names no class and no file. Carries no stack trace, since where it was thrown is
 * of no use to anyone.
 */
public final class RequestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private static final int RETRY_AFTER_SECONDS = 1;

  private final ErrorCode code;
  private final int retryAfterSeconds;
  private final transient @Nullable Conflict conflict;

  public RequestException(ErrorCode code, String message) {
    this(code, message, RETRY_AFTER_SECONDS);
  }

  /**
   * @param retryAfterSeconds when the same request may succeed, at least 1. With {@code
   *     token_revoked}: when a new token may succeed, 0 for at once. Of no meaning for other codes
   *     that are not {@link ErrorCode#retry()}
   */
  public RequestException(ErrorCode code, String message, int retryAfterSeconds) {
    this(code, message, retryAfterSeconds, null);
  }

  private RequestException(
      ErrorCode code, String message, int retryAfterSeconds, @Nullable Conflict conflict) {
    super(message, null, false, false);
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
    this.conflict = conflict;
  }

  /** A refusal of {@link ErrorCode#CONFLICT} that shows the entry as it is now. */
  public static RequestException of(Conflict conflict) {
    return new RequestException(
        ErrorCode.CONFLICT, message(conflict.reason()), RETRY_AFTER_SECONDS, conflict);
  }

  private static String message(String reason) {
    return switch (reason) {
      case "op" ->
          "the op does not fit the entry: counters take add, sets take include and exclude, other entries put";
      case "ahead" -> "'at' is more than 5 minutes ahead of the log's clock";
      case "too_old" ->
          "'at' is more than 30 days ago: this can no longer be told from a repetition";
      case "invalid" -> "the publication's data or fields cannot be applied to an entry";
      default -> "the entry does not have the expected version: see 'current'";
    };
  }

  public ErrorCode code() {
    return code;
  }

  /** After how many seconds the same request may succeed, if that is to be expected at all. */
  public int retryAfterSeconds() {
    return retryAfterSeconds;
  }

  /** What stands in the way; null if the code is not {@link ErrorCode#CONFLICT}. */
  public @Nullable Conflict conflict() {
    return conflict;
  }

  /** The message; never absent, unlike that of other exceptions. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
