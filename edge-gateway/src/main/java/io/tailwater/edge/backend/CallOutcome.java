package io.tailwater.edge.backend;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.connection.Payload;

/** What became of a call. Immutable. */
public sealed interface CallOutcome {
  /** The backend has answered. */
  record Answered(Payload result) implements CallOutcome {}

  /**
   * The call has failed.
   *
   * @param code of the platform, or of the backend
   * @param status of an answer by HTTP
   * @param retry whether the same call may succeed later; never without a key
   * @param details what is wrong with single fields, a JSON array; empty if there is nothing
   */
  record Failed(String code, String message, int status, boolean retry, String details)
      implements CallOutcome {}

  /** A failure of the platform itself. */
  static Failed of(ErrorCode code, String message, boolean hasKey) {
    return new Failed(code.wire(), message, code.status(), code.retry() && hasKey, "");
  }

  /** A failure of the platform itself. */
  static Failed of(RequestException refusal, boolean hasKey) {
    return of(refusal.code(), refusal.text(), hasKey);
  }
}
