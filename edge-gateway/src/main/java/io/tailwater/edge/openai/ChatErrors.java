package io.tailwater.edge.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MediaType;
import io.micronaut.http.MutableHttpResponse;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.ai.AnswerEvent;
import io.tailwater.edge.connection.Disconnect;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Our errors in the shape of OpenAI's protocol. */
final class ChatErrors {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int RETRY_AFTER_S = 1;

  /** SDKs would keep their users waiting for longer. */
  private static final int MAX_WAIT_S = 60;

  /** Our messages begin with the field that is wrong. */
  private static final Pattern PARAM = Pattern.compile("^'([A-Za-z0-9_.\\[\\]]{1,64})' ");

  private static final String INVALID = "invalid_request_error";
  private static final String SERVER = "server_error";
  private static final String LIMIT = "rate_limit_error";

  private ChatErrors() {}

  /**
   * An error.
   *
   * @param status of the response, if none has begun
   * @param retryAfter after how many seconds the same request may succeed; 0: never
   */
  record ChatError(
      int status,
      String type,
      String code,
      @Nullable String param,
      String message,
      int retryAfter) {
    /** The JSON object around it. */
    String json() {
      StringWriter text = new StringWriter();
      try (JsonGenerator out = JSON.createGenerator(text)) {
        out.writeStartObject();
        out.writeObjectFieldStart("error");
        out.writeStringField("message", message);
        out.writeStringField("type", type);
        out.writeStringField("param", param);
        out.writeStringField("code", code);
        out.writeEndObject();
        out.writeEndObject();
      } catch (IOException e) {
        throw new UncheckedIOException("texts can be written into memory", e);
      }
      return text.toString();
    }

    /** The response. */
    MutableHttpResponse<?> response() {
      MutableHttpResponse<?> response =
          HttpResponse.status(HttpStatus.valueOf(status))
              .body(json())
              .contentType(MediaType.APPLICATION_JSON_TYPE);
      if (retryAfter > 0) {
        response.header(HttpHeaders.RETRY_AFTER, Integer.toString(retryAfter));
      }
      if (retryAfter == 0 || retryAfter > MAX_WAIT_S) {
        response.header("x-should-retry", "false");
      }
      if (status == HttpStatus.UNAUTHORIZED.getCode()) {
        response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
      }
      return response;
    }
  }

  /** What a refusal of a request is. */
  static ChatError of(RequestException refusal) {
    ErrorCode code = refusal.code();
    String message = refusal.text();
    return switch (code) {
      case UNAUTHORIZED, TOKEN_EXPIRED, TOKEN_REVOKED ->
          lasting(401, INVALID, "invalid_api_key", message);
      case TOKEN_NOT_YET_VALID -> passing(401, INVALID, "token_not_yet_valid", message);
      case FORBIDDEN, ORIGIN_DENIED -> lasting(403, "permission_error", "forbidden", message);
      case MODEL_NOT_FOUND -> new ChatError(404, INVALID, "model_not_found", "model", message, 0);
      case NOT_FOUND -> lasting(404, INVALID, "not_found", message);
      case INVALID_JSON -> lasting(400, INVALID, "invalid_json", message);
      case TOO_LARGE -> lasting(413, INVALID, "request_too_large", message);
      case RATE_LIMITED, TOO_MANY_CONNECTIONS ->
          passing(429, LIMIT, "rate_limit_exceeded", message, refusal.retryAfterSeconds());
      case QUOTA_EXCEEDED ->
          passing(429, LIMIT, "insufficient_quota", message, refusal.retryAfterSeconds());
      case INTERNAL -> passing(500, SERVER, "internal", message);
      case UNAVAILABLE, OVERLOADED ->
          passing(503, SERVER, "overloaded", message, refusal.retryAfterSeconds());
      case TIMEOUT -> passing(504, SERVER, "timeout", message);
      case UNSUPPORTED_MEDIA_TYPE -> lasting(415, INVALID, "unsupported_media_type", message);
      case INVALID_REQUEST,
          INVALID_CHANNEL,
          INVALID_POSITION,
          INVALID_TYPE,
          NOT_ACCEPTABLE,
          CLOSED,
          CONFLICT,
          TOO_MANY_SUBSCRIPTIONS -> {
        Matcher param = PARAM.matcher(message);
        boolean unsupported = message.contains("not supported");
        yield new ChatError(
            400,
            INVALID,
            unsupported ? "unsupported_value" : "invalid_value",
            param.find() ? param.group(1) : null,
            message,
            0);
      }
    };
  }

  /** What the failure of an answer is. */
  static ChatError of(AnswerEvent.Failed failed) {
    String message = failed.message();
    return switch (failed.code()) {
      case "model_timeout" -> passing(504, SERVER, "timeout", message);
      case "model_rate_limited" -> passing(429, LIMIT, "rate_limit_exceeded", message);
      case "model_refused" -> lasting(400, INVALID, "invalid_value", message);
      case "context_length_exceeded" ->
          new ChatError(400, INVALID, "context_length_exceeded", "messages", message, 0);
      case "producer_lost", "shutting_down" -> passing(503, SERVER, failed.code(), message);
      case "internal" -> passing(500, SERVER, "internal", message);
      default -> passing(502, SERVER, "model_failed", message);
    };
  }

  /** The answer was cancelled before its end. */
  static ChatError cancelled() {
    return lasting(502, SERVER, "cancelled", "this answer was cancelled");
  }

  /** The gateway or the log went away in the middle of the answer. */
  static ChatError brokenOff() {
    return passing(
        503,
        SERVER,
        "overloaded",
        "this gateway is stopping; the answer goes on and can be read again");
  }

  /** The token has expired in the middle of the answer. */
  static ChatError expired() {
    return lasting(401, INVALID, "invalid_api_key", "the token has expired: get a new one");
  }

  /** The token was taken back in the middle of the answer. */
  static ChatError revoked() {
    return lasting(401, INVALID, "invalid_api_key", Disconnect.REVOKED.reason());
  }

  /** There is nothing at a path. */
  static ChatError unknownUrl(String message) {
    return lasting(404, INVALID, "unknown_url", message);
  }

  private static ChatError lasting(int status, String type, String code, String message) {
    return new ChatError(status, type, code, null, message, 0);
  }

  private static ChatError passing(int status, String type, String code, String message) {
    return passing(status, type, code, message, RETRY_AFTER_S);
  }

  private static ChatError passing(
      int status, String type, String code, String message, int retryAfter) {
    return new ChatError(status, type, code, null, message, Math.max(1, retryAfter));
  }
}
