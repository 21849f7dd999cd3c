package io.tailwater.edge.http;

import io.micronaut.context.annotation.Primary;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.server.exceptions.ExceptionHandler;
import io.micronaut.http.server.exceptions.response.ErrorContext;
import io.micronaut.http.server.exceptions.response.ErrorResponseProcessor;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.contract.Conflict;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.connection.ConflictJson;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.EventJson;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Errors as the contract shows them: {@code application/problem+json} with {@code code}, {@code
 * message}, {@code retry}.
 */
public final class Problems {
  /** The media type of every error. */
  public static final String TYPE = "application/problem+json";

  private static final Logger LOG = LoggerFactory.getLogger(Problems.class);
  static final int RETRY_AFTER_SECONDS = 1;

  /** What a proxy calls a request in its own log. */
  private static final String REQUEST_ID = "X-Request-ID";

  private Problems() {}

  /** RFC 9457, with the contract's own fields. */
  @Serdeable
  record Problem(
      String type, String title, int status, String code, String message, boolean retry) {}

  /** What a request's failure is to its client; one that nobody foresaw is logged as internal. */
  public static RequestException refusal(HttpRequest<?> request, Throwable failure) {
    return refusal("request", request.getHeaders().get(REQUEST_ID), failure);
  }

  /** As {@link #refusal(HttpRequest, Throwable)}, on a connection that has left HTTP. */
  public static RequestException refusal(Connection connection, Throwable failure) {
    return refusal("connection", connection.id(), failure);
  }

  /** As {@link #refusal(HttpRequest, Throwable)}, of a client that has no connection yet. */
  public static RequestException refusal(Throwable failure) {
    return refusal("connection", "none yet", failure);
  }

  private static RequestException refusal(String of, @Nullable String id, Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return switch (cause) {
      case RequestException refusal -> refusal;
      case TimeoutException timeout ->
          new RequestException(ErrorCode.UNAVAILABLE, "the log did not answer in time; try again");
      default -> {
        LOG.atError().addKeyValue(of, id).setCause(cause).log("a request failed");
        yield new RequestException(
            ErrorCode.INTERNAL, "this should not have happened; it has been logged");
      }
    };
  }

  /** The response to a request that cannot be served. */
  public static MutableHttpResponse<?> response(RequestException refusal) {
    Conflict conflict = refusal.conflict();
    if (conflict != null) {
      return HttpResponse.status(HttpStatus.PRECONDITION_FAILED)
          .contentType(TYPE)
          .body(json(refusal, conflict));
    }
    return response(refusal, refusal.code().status());
  }

  /** As {@link #response(RequestException)}, with a status that says more than the code's own. */
  public static MutableHttpResponse<?> response(RequestException refusal, int status) {
    return problem(refusal, status);
  }

  private static String json(RequestException refusal, Conflict conflict) {
    String problem = json(refusal.code(), refusal.code().status(), refusal.text());
    return problem.substring(0, problem.length() - 1)
        + ",\"reason\":"
        + EventJson.quoted(conflict.reason())
        + ",\"current\":"
        + ConflictJson.current(conflict)
        + "}";
  }

  /** The body of an error that is answered below the HTTP server. */
  static String json(ErrorCode code, int status, String message) {
    return "{\"type\":\"about:blank\",\"title\":"
        + EventJson.quoted(HttpStatus.valueOf(status).getReason())
        + ",\"status\":"
        + status
        + ",\"code\":\""
        + code.wire()
        + "\",\"message\":"
        + EventJson.quoted(message)
        + ",\"retry\":"
        + code.retry()
        + "}";
  }

  private static MutableHttpResponse<Problem> response(ErrorCode code, int status, String message) {
    return problem(new RequestException(code, message), status);
  }

  private static MutableHttpResponse<Problem> problem(RequestException refusal, int status) {
    ErrorCode code = refusal.code();
    HttpStatus known = HttpStatus.valueOf(status);
    MutableHttpResponse<Problem> response =
        HttpResponse.<Problem>status(known)
            .contentType(TYPE)
            .body(
                new Problem(
                    "about:blank",
                    known.getReason(),
                    status,
                    code.wire(),
                    refusal.text(),
                    code.retry()));
    if (code.retry() || code == ErrorCode.TOKEN_REVOKED && refusal.retryAfterSeconds() > 0) {
      response.header(HttpHeaders.RETRY_AFTER, Integer.toString(refusal.retryAfterSeconds()));
    }
    if (status == HttpStatus.UNAUTHORIZED.getCode()) {
      response.header(HttpHeaders.WWW_AUTHENTICATE, "Bearer");
    }
    return response;
  }

  /** What our own code refuses. */
  @Singleton
  @Produces(TYPE)
  static final class Refusals implements ExceptionHandler<RequestException, HttpResponse<?>> {
    @Override
    public HttpResponse<?> handle(HttpRequest request, RequestException refusal) {
      return response(refusal);
    }
  }

  /** A body in a content coding that is not decoded here. */
  @Singleton
  @Produces(TYPE)
  static final class Codings implements ExceptionHandler<UnsupportedCoding, HttpResponse<?>> {
    @Override
    public HttpResponse<?> handle(HttpRequest request, UnsupportedCoding refusal) {
      return response(refusal.refusal())
          .header(HttpHeaders.ACCEPT_ENCODING, UnsupportedCoding.ACCEPTED);
    }
  }

  /** What nobody foresaw. */
  @Singleton
  @Produces(TYPE)
  static final class Surprises implements ExceptionHandler<RuntimeException, HttpResponse<?>> {
    @Override
    public HttpResponse<?> handle(HttpRequest request, RuntimeException surprise) {
      return response(refusal(request, surprise));
    }
  }

  /** What the HTTP server itself refuses: unknown paths, wrong methods, oversize bodies. */
  @Singleton
  @Primary
  static final class Rejections implements ErrorResponseProcessor<Problem> {
    @Override
    public MutableHttpResponse<Problem> processResponse(
        ErrorContext context, @Nullable MutableHttpResponse<?> answer) {
      int status = answer == null ? HttpStatus.INTERNAL_SERVER_ERROR.getCode() : answer.code();
      String path = context.getRequest().getPath();
      return switch (status) {
        case 404 -> response(ErrorCode.NOT_FOUND, 404, "there is nothing at " + path);
        case 405 ->
            response(
                ErrorCode.INVALID_REQUEST,
                405,
                path + " does not take " + context.getRequest().getMethodName());
        case 406 ->
            response(ErrorCode.NOT_ACCEPTABLE, 406, path + " has no answer of the type in Accept");
        case 413 ->
            response(
                ErrorCode.TOO_LARGE,
                413,
                "the request is too large: its URL is at most 8 KiB, its headers 16 KiB, its body 8 MiB");
        case 414 -> response(ErrorCode.TOO_LARGE, 414, "the URL is too long: at most 8 KiB");
        case 415 ->
            response(
                ErrorCode.UNSUPPORTED_MEDIA_TYPE, 415, path + " does not take this Content-Type");
        case 431 -> response(ErrorCode.TOO_LARGE, 431, "the headers are too large: at most 16 KiB");
        default ->
            status < 500
                ? response(ErrorCode.INVALID_REQUEST, status, "this request cannot be read")
                : response(
                    ErrorCode.INTERNAL,
                    status,
                    "this should not have happened; it has been logged");
      };
    }
  }
}
