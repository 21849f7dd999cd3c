package io.tailwater.edge.poll;

import io.tailwater.contract.RequestException;
import io.tailwater.edge.request.Query;

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
  static Poll parse(Query query) {
    return new Poll(
        query.bounded("wait", 0, MAX_WAIT_SECONDS, 0), query.bounded("limit", 1, MAX_LIMIT, LIMIT));
  }
}
