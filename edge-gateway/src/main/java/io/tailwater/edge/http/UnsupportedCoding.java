package io.tailwater.edge.http;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;

/**
 * A body in a content coding that is not decoded here. Not a {@link RequestException}, because its
 * answer also names the codings that are.
 */
final class UnsupportedCoding extends RuntimeException {
  /** The value of {@code Accept-Encoding} in the answer. */
  static final String ACCEPTED = "gzip";

  private static final long serialVersionUID = 1L;

  UnsupportedCoding(String coding) {
    super(
        "a body is sent as it is or with Content-Encoding: gzip, not '" + coding + "'",
        null,
        false,
        false);
  }

  RequestException refusal() {
    return new RequestException(ErrorCode.UNSUPPORTED_MEDIA_TYPE, String.valueOf(getMessage()));
  }
}
