package io.tailwater.edge.poll;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a poll is to be answered.
 *
 * @param waitSeconds how long to wait for the first event, 0 (a short poll) to 55
 * @param limit most events in the answer, 1 to 1,000
 */
record Poll(int waitSeconds, int limit) {
  private static final int MAX_WAIT_SECONDS = 55;
  private static final int MAX_LIMIT = 1_000;
  private static final int LIMIT = 100;

  /**
   * @throws RequestException which says what is accepted
   */
  static Poll parse(Map<String, String> parameters) {
    return new Poll(
        number("wait", parameters.get("wait"), 0, MAX_WAIT_SECONDS, 0),
        number("limit", parameters.get("limit"), 1, MAX_LIMIT, LIMIT));
  }

  private static int number(
      String name, @Nullable String text, int least, int most, int otherwise) {
    if (text == null) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw new RequestException(
        ErrorCode.INVALID_REQUEST,
        "'" + name + "' is " + least + " to " + most + ", not '" + text + "'");
  }
}
