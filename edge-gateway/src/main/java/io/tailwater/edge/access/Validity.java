package io.tailwater.edge.access;

import com.nimbusds.jwt.JWTClaimsSet;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.time.Duration;
import java.util.Date;
import org.jspecify.annotations.Nullable;

/**
 * Whether a token is valid now: {@code exp}, {@code nbf} and {@code iat}. Clocks may differ by
 * {@link #TOLERANCE}.
 */
final class Validity {
  static final Duration TOLERANCE = Duration.ofSeconds(30);

  /** Until then, a client that waits is better off than one that asks for another token. */
  private static final Duration SOON = Duration.ofMinutes(5);

  private Validity() {}

  /**
   * When a token ends, milliseconds since the epoch.
   *
   * @param what "token" or "ticket", for messages
   * @param maxLife how far away the end may be
   * @throws RequestException {@code token_expired}, {@code token_not_yet_valid}, {@code
   *     unauthorized}
   */
  static long expiry(JWTClaimsSet claims, String what, Duration maxLife, long nowMs) {
    requireBegun("nbf", claims.getNotBeforeTime(), what, nowMs);
    requireBegun("iat", claims.getIssueTime(), what, nowMs);
    Date expiry = claims.getExpirationTime();
    if (expiry == null) {
      throw unauthorized("a token needs an end, 'exp'");
    }
    long leftMs = expiry.getTime() - nowMs;
    if (leftMs <= -TOLERANCE.toMillis()) {
      throw new RequestException(
          ErrorCode.TOKEN_EXPIRED, "this " + what + " has expired: get a new one");
    }
    if (leftMs > maxLife.plus(TOLERANCE).toMillis()) {
      throw unauthorized(
          "'exp' of this "
              + what
              + " is too far away: at most "
              + maxLife.toSeconds()
              + " seconds; is it in seconds since the epoch?");
    }
    return expiry.getTime();
  }

  private static void requireBegun(String claim, @Nullable Date begin, String what, long nowMs) {
    long waitMs = begin == null ? 0 : begin.getTime() - nowMs - TOLERANCE.toMillis();
    if (waitMs <= 0) {
      return;
    }
    if (waitMs > SOON.toMillis()) {
      throw unauthorized("this " + what + " is not valid yet: '" + claim + "' is in the future");
    }
    throw new RequestException(
        ErrorCode.TOKEN_NOT_YET_VALID,
        "this " + what + " is not valid yet, but will be soon ('" + claim + "')",
        Math.toIntExact(Duration.ofMillis(waitMs + 999).toSeconds()));
  }

  private static RequestException unauthorized(String message) {
    return new RequestException(ErrorCode.UNAUTHORIZED, message);
  }
}
