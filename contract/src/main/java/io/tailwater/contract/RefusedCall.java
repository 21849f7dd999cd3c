package io.tailwater.contract;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * How a request that cannot be served travels between services: as a gRPC status, its message, and
 * the trailers {@code tw-code} with the {@link ErrorCode}, of which there are more than of
 * statuses, and {@code tw-retry-after}, in seconds.
 */
public final class RefusedCall {
  private static final Metadata.Key<String> CODE =
      Metadata.Key.of("tw-code", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> RETRY_AFTER =
      Metadata.Key.of("tw-retry-after", Metadata.ASCII_STRING_MARSHALLER);

  private RefusedCall() {}

  /** What a service ends a call with. {@code UNAVAILABLE} alone is tried on other instances. */
  public static StatusRuntimeException of(RequestException refusal) {
    Metadata trailers = new Metadata();
    trailers.put(CODE, refusal.code().wire());
    trailers.put(RETRY_AFTER, Integer.toString(refusal.retryAfterSeconds()));
    Status status =
        switch (refusal.code().status()) {
          case 400, 413, 415 -> Status.INVALID_ARGUMENT;
          case 404 -> Status.NOT_FOUND;
          case 429 -> Status.RESOURCE_EXHAUSTED;
          case 503 -> Status.UNAVAILABLE;
          default -> Status.INTERNAL;
        };
    return status.withDescription(refusal.text()).asRuntimeException(trailers);
  }

  /**
   * What a failed call is to the client: the service's own words if the request was wrong.
   *
   * @param unavailable the message when the service cannot be reached or cannot answer now
   */
  public static RequestException read(Throwable failure, String unavailable) {
    Status status = Status.fromThrowable(failure);
    Metadata trailers = Status.trailersFromThrowable(failure);
    ErrorCode code = code(status, trailers);
    String said = status.getDescription() == null ? "" : status.getDescription();
    return switch (code) {
      case UNAVAILABLE -> new RequestException(code, unavailable);
      case INTERNAL -> new RequestException(code, "this should not have happened");
      default -> new RequestException(code, said, retryAfter(trailers));
    };
  }

  private static int retryAfter(@Nullable Metadata trailers) {
    String seconds = trailers == null ? null : trailers.get(RETRY_AFTER);
    return seconds != null && seconds.matches("[0-9]{1,9}") ? Integer.parseInt(seconds) : 1;
  }

  /** Without the trailer it was gRPC itself that failed, or the service in a way not foreseen. */
  private static ErrorCode code(Status status, @Nullable Metadata trailers) {
    String wire = trailers == null ? null : trailers.get(CODE);
    if (wire != null) {
      return ErrorCode.ofWire(wire);
    }
    return switch (status.getCode()) {
      case NOT_FOUND -> ErrorCode.NOT_FOUND;
      case INVALID_ARGUMENT -> ErrorCode.INVALID_REQUEST;
      // Refused for a secret of ours: nothing that the client could change.
      case UNAUTHENTICATED,
          UNAVAILABLE,
          DEADLINE_EXCEEDED,
          RESOURCE_EXHAUSTED,
          CANCELLED,
          ABORTED ->
          ErrorCode.UNAVAILABLE;
      default -> ErrorCode.INTERNAL;
    };
  }
}
