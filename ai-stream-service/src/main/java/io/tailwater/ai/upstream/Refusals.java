package io.tailwater.ai.upstream;

import io.micronaut.json.tree.JsonNode;
import io.tailwater.ai.model.ModelException.Kind;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What the errors of a model's server mean. */
final class Refusals {
  private static final int MAX_MESSAGE = 500;
  private static final long LONG_AFTER_S = TimeUnit.DAYS.toSeconds(1);

  private Refusals() {}

  /**
   * An answer with a status of 400 or above, or with one that has no meaning here.
   *
   * @param error the answer's {@code error}, if it has one
   * @param retryAfter the header, if it has one
   */
  static UpstreamException of(int status, @Nullable JsonNode error, @Nullable String retryAfter) {
    return switch (status) {
      case 401, 403 ->
          UpstreamException.lasting(
              Kind.FAILED, "the model's server does not accept the key of this platform");
      case 404 ->
          UpstreamException.lasting(
              Kind.FAILED, said(error, "the model's server does not have this model"));
      case 400, 413, 422 ->
          UpstreamException.lasting(
              isTooLong(error) ? Kind.TOO_LONG : Kind.REFUSED,
              said(error, "the model's server does not accept this request"));
      case 429 -> rateLimited(error, retryAfter);
      case 500, 502, 503, 504, 520, 529 ->
          UpstreamException.passing(
              Kind.FAILED, after(retryAfter), "the model's server failed (" + status + ")");
      default ->
          UpstreamException.lasting(
              Kind.FAILED, "the model's server answered with status " + status);
    };
  }

  private static UpstreamException rateLimited(
      @Nullable JsonNode error, @Nullable String retryAfter) {
    String message =
        said(error, "the model's server takes no more requests for now; try again later");
    // A used-up quota does not come back within seconds.
    return code(error).equals("insufficient_quota")
        ? UpstreamException.lasting(Kind.RATE_LIMITED, message)
        : UpstreamException.passing(Kind.RATE_LIMITED, after(retryAfter), message);
  }

  /** The message of an error that comes instead of a chunk. */
  static String inMidStream(JsonNode error) {
    return said(error, "the model's server broke off");
  }

  private static boolean isTooLong(@Nullable JsonNode error) {
    return code(error).equals("context_length_exceeded")
        || said(error, "").contains("maximum context length")
        || said(error, "").contains("exceeds the available context size");
  }

  private static String code(@Nullable JsonNode error) {
    JsonNode code = error != null && error.isObject() ? error.get("code") : null;
    return code != null && code.isString() ? code.getStringValue() : "";
  }

  private static String said(@Nullable JsonNode error, String otherwise) {
    JsonNode message = error != null && error.isObject() ? error.get("message") : null;
    if (error != null && error.isString()) {
      message = error;
    }
    return message != null && message.isString() && !message.getStringValue().isBlank()
        ? shortened(message.getStringValue())
        : otherwise;
  }

  private static String shortened(String text) {
    String line = text.replaceAll("\\p{Cntrl}+", " ").strip();
    return line.codePointCount(0, line.length()) <= MAX_MESSAGE
        ? line
        : line.substring(0, line.offsetByCodePoints(0, MAX_MESSAGE)) + "…";
  }

  /** Seconds of {@code Retry-After}, in nanoseconds; a date is rare and counts as none. */
  private static long after(@Nullable String retryAfter) {
    if (retryAfter == null || !retryAfter.strip().matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
      return 0;
    }
    double seconds = Math.min(LONG_AFTER_S, Double.parseDouble(retryAfter.strip()));
    return (long) (seconds * TimeUnit.SECONDS.toNanos(1));
  }
}
