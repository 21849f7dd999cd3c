package io.tailwater.ai.lease;

import java.time.Duration;
import java.util.List;

/** Counts tokens of users, over all instances. Any thread; may block it shortly. */
public interface TokenCounts {
  /** How many tokens a user has used in each of these windows. */
  List<Long> used(String user, List<String> windows) throws LeaseStoreException;

  /**
   * Adds tokens to a window.
   *
   * @param kept how long the count is needed
   */
  void use(String user, String window, long tokens, Duration kept) throws LeaseStoreException;
}
