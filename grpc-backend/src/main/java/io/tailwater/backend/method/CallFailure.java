package io.tailwater.backend.method;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.backend.v1.Detail;
import io.tailwater.contract.backend.v1.Failure;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A call that is refused. It carries no stack trace, since where it was thrown tells nothing. */
public final class CallFailure extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final Logger LOG = LoggerFactory.getLogger(CallFailure.class);

  private final transient Failure failure;

  private CallFailure(Failure failure) {
    super(failure.getMessage(), null, false, false);
    this.failure = failure;
  }

  /** Refuses a call with a code of the platform. */
  public static CallFailure of(ErrorCode code, String message) {
    return new CallFailure(failure(code, message));
  }

  /** Refuses a call for its arguments. */
  static CallFailure invalid(List<Detail> details) {
    Detail first = details.getFirst();
    return new CallFailure(
        failure(ErrorCode.INVALID_REQUEST, "'" + first.getField() + "' " + first.getProblem())
            .toBuilder()
            .addAllDetails(details)
            .build());
  }

  /** How the caller learns of it. One that nobody foresaw is logged. */
  public static Failure read(Throwable thrown) {
    Throwable cause = thrown;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return switch (cause) {
      case CallFailure refused -> refused.failure;
      case RequestException refused -> failure(refused.code(), refused.text());
      default -> {
        LOG.error("a call failed", cause);
        yield failure(ErrorCode.INTERNAL, "this should not have happened; it has been logged");
      }
    };
  }

  private static Failure failure(ErrorCode code, String message) {
    return Failure.newBuilder()
        .setCode(code.wire())
        .setMessage(message)
        .setStatus(code.status())
        .setRetry(code.retry())
        .build();
  }
}
