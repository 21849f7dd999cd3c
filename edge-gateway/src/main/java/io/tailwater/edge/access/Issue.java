package io.tailwater.edge.access;

/**
 * When a token was issued, and under which id. A ticket has those of the token that it was made
 * with. Immutable.
 *
 * @param atMs milliseconds since the epoch, with the precision of {@code iat}, a second; {@link
 *     #UNKNOWN_MS} without {@code iat}
 * @param tokenId the token's {@code jti}; empty without one
 */
public record Issue(long atMs, String tokenId) {
  /** Earlier than any other. */
  static final long UNKNOWN_MS = Long.MIN_VALUE;

  /** Of a caller without a token, or whose token says neither. */
  public static final Issue UNKNOWN = new Issue(UNKNOWN_MS, "");
}
