package io.tailwater.ai.stream;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;

/** Words refusals of requests for streams. */
public final class InvalidRequest {
  private InvalidRequest() {}

  /** A refusal with the code {@code invalid_request}. */
  public static RequestException because(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }

  /** A text of a client for an error message: at most 32 printable characters. */
  public static String shortened(String text) {
    String printable = text.replaceAll("\\p{Cntrl}", "?");
    return printable.length() <= 32 ? printable : printable.substring(0, 32) + "…";
  }
}
