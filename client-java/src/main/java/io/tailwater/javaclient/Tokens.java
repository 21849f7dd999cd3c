package io.tailwater.javaclient;

/**
 * Gives a client its tokens. It is asked when the client connects, shortly before a token expires,
 * and when one was refused because it has expired.
 */
@FunctionalInterface
public interface Tokens {
  /** Why a token is needed. */
  enum Reason {
    CONNECT,
    EXPIRING,
    EXPIRED
  }

  /**
   * A token that is good from now on. Runs on the client's executor, and may block. One call at a
   * time.
   *
   * @throws Exception if there is none now; the client asks again later
   */
  String get(Reason reason) throws Exception;
}
