package io.tailwater.ai.lease;

import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limits how many tokens a user may use in a minute and in a day, over all instances. An answer is
 * counted when it ends, and judged when it begins: what runs is never cut off. Minutes and days are
 * those of UTC. While the counts are away, everything is allowed. Any thread; blocks it shortly.
 */
public final class Quotas {
  private static final Logger LOG = LoggerFactory.getLogger(Quotas.class);
  private static final long MINUTE_S = 60;
  private static final long DAY_S = 86_400;

  private final TokenCounts counts;
  private final Limits limits;
  private final InstantSource clock;
  private final StreamMetrics metrics;

  public Quotas(TokenCounts counts, Limits limits, InstantSource clock, StreamMetrics metrics) {
    this.counts = counts;
    this.limits = limits;
    this.clock = clock;
    this.metrics = metrics;
  }

  /**
   * Numbers of tokens of a user, those of the prompts included; 0 for no limit.
   *
   * @param perMinute in a minute
   * @param perDay in a day
   */
  public record Limits(long perMinute, long perDay) {
    private boolean none() {
      return perMinute == 0 && perDay == 0;
    }
  }

  /**
   * Refuses a user that has used up a limit.
   *
   * @param user a subject, or an address of clients without a token
   * @throws RequestException {@code rate_limited}, {@code quota_exceeded}
   */
  public void require(String user) {
    if (limits.none()) {
      return;
    }
    long now = seconds();
    List<Long> used;
    try {
      used = counts.used(user, List.of(minute(now), day(now)));
    } catch (LeaseStoreException e) {
      away(e);
      return;
    }
    if (isAt(used.get(1), limits.perDay())) {
      throw refused(ErrorCode.QUOTA_EXCEEDED, limits.perDay(), "a day (UTC)", left(now, DAY_S));
    }
    if (isAt(used.get(0), limits.perMinute())) {
      throw refused(ErrorCode.RATE_LIMITED, limits.perMinute(), "a minute", left(now, MINUTE_S));
    }
  }

  /** An answer to a user has ended. */
  public void use(String user, long tokens) {
    if (limits.none() || tokens == 0) {
      return;
    }
    long now = seconds();
    try {
      counts.use(user, minute(now), tokens, Duration.ofSeconds(2 * MINUTE_S));
      counts.use(user, day(now), tokens, Duration.ofSeconds(2 * DAY_S));
    } catch (LeaseStoreException e) {
      away(e);
    }
  }

  private void away(LeaseStoreException e) {
    metrics.leaseStoreFailed();
    LOG.debug("tokens are not counted: {}", e.getMessage());
  }

  private RequestException refused(ErrorCode code, long limit, String window, int retryAfter) {
    metrics.refusedForTokens();
    return new RequestException(
        code, "this user has used its " + limit + " tokens of " + window + "; wait", retryAfter);
  }

  private static boolean isAt(long used, long limit) {
    return limit > 0 && used >= limit;
  }

  private static String minute(long now) {
    return "minute-" + now / MINUTE_S;
  }

  private static String day(long now) {
    return "day-" + now / DAY_S;
  }

  private static int left(long now, long window) {
    return (int) (window - now % window);
  }

  private long seconds() {
    return Math.floorDiv(clock.millis(), 1000L);
  }
}
