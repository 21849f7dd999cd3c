package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * A request failed, or the client stopped trying to connect. {@link #code()} is one of the
 * protocol's codes, or one of the client's own: {@code aborted}, {@code attempts} (the limit of
 * attempts is reached), {@code closed}, {@code outbox_full}, {@code http_…} (a proxy has answered).
 */
public final class TailwaterException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final String code;
  private final boolean retry;
  private final @Nullable JsonNode details;
  private final boolean outcomeUnknown;
  private final long retryMs;

  private TailwaterException(
      String code,
      String message,
      boolean retry,
      @Nullable JsonNode details,
      boolean outcomeUnknown,
      long retryMs) {
    super(message);
    this.code = code;
    this.retry = retry;
    this.details = details;
    this.outcomeUnknown = outcomeUnknown;
    this.retryMs = retryMs;
  }

  /** A failure that lasts. */
  static TailwaterException lasting(String code, String message) {
    return new TailwaterException(code, message, false, null, false, 0);
  }

  /** A failure that may pass. */
  static TailwaterException passing(String code, String message) {
    return new TailwaterException(code, message, true, null, false, 0);
  }

  static TailwaterException unavailable(String message) {
    return passing("unavailable", message);
  }

  static TailwaterException closed() {
    return lasting("closed", "the client is closed");
  }

  /**
   * What the server said.
   *
   * @param retryMs how long it asks to wait, 0 if it does not say
   */
  static TailwaterException of(JsonNode error, long retryMs) {
    JsonNode details = error.has("details") ? error.get("details") : conflict(error);
    return new TailwaterException(
        error.path("code").asText("internal"),
        error.path("message").asText(""),
        error.path("retry").asBoolean(),
        details,
        false,
        retryMs);
  }

  /** The entry that stands in the way of a publication is its detail. */
  private static @Nullable JsonNode conflict(JsonNode error) {
    return error.has("reason") ? error : null;
  }

  /** Whatever was thrown, as one of these. */
  static TailwaterException from(Throwable failure) {
    Throwable cause = failure;
    while ((cause instanceof java.util.concurrent.CompletionException
            || cause instanceof java.util.concurrent.ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof TailwaterException same) {
      return same;
    }
    String message = cause.getMessage() == null ? "the connection was lost" : cause.getMessage();
    TailwaterException unavailable = unavailable(message);
    unavailable.initCause(cause);
    return unavailable;
  }

  TailwaterException withUnknownOutcome() {
    return new TailwaterException(
        code, String.valueOf(getMessage()), retry, details, true, retryMs);
  }

  /** A copy for the caller's thread, whose stack shows where the request was made. */
  TailwaterException thrownAgain() {
    TailwaterException again =
        new TailwaterException(
            code, String.valueOf(getMessage()), retry, details, outcomeUnknown, retryMs);
    again.initCause(this);
    return again;
  }

  /** Why, for programs. */
  public String code() {
    return code;
  }

  /** Whether the same request may succeed later. */
  public boolean retry() {
    return retry;
  }

  /** More about it, null if there is nothing: of a conflict, its reason and the entry as it is. */
  public @Nullable JsonNode details() {
    return details;
  }

  /** Whether nobody knows if the event was stored. It may be published again with its key. */
  public boolean outcomeUnknown() {
    return outcomeUnknown;
  }

  /** How long the server asks to wait, 0 if it does not say. */
  long retryMs() {
    return retryMs;
  }

  @Override
  public String toString() {
    return "TailwaterException: " + code + ": " + getMessage();
  }
}
