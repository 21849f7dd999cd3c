package io.tailwater.edge.http;

import io.tailwater.contract.ErrorCode;
import io.tailwater.edge.http.HttpMetrics.Reason;

/**
 * Stands in the stream of decoded messages where a client broke the rules of HTTP or was too slow:
 * the rest of its connection cannot be read as requests.
 *
 * @param status of the answer; it may say more than the code's own
 * @param why for the client: what was wrong and what is accepted
 */
record Malformed(Reason reason, ErrorCode code, int status, String why) {
  private static final int REQUEST_TIMEOUT = 408;

  /** A request that breaks the rules: 400. */
  static Malformed request(String why) {
    ErrorCode code = ErrorCode.INVALID_REQUEST;
    return new Malformed(Reason.MALFORMED, code, code.status(), why);
  }

  /** A head that takes too long to arrive: 408. */
  static Malformed slowHead() {
    return slow(Reason.SLOW_HEAD, "the head of the request took too long to arrive");
  }

  /** A body that takes too long to arrive: 408. */
  static Malformed slowBody() {
    return slow(Reason.SLOW_BODY, "the body of the request took too long to arrive");
  }

  private static Malformed slow(Reason reason, String why) {
    return new Malformed(reason, ErrorCode.INVALID_REQUEST, REQUEST_TIMEOUT, why);
  }

  /** A connection too many: 429. */
  static Malformed tooMany() {
    ErrorCode code = ErrorCode.TOO_MANY_CONNECTIONS;
    return new Malformed(
        Reason.TOO_MANY,
        code,
        code.status(),
        "this address has too many connections open here; close some, or try again later");
  }
}
