package io.tailwater.ai.lease;

import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limits how many tokens a user may use in a minute and in a day, over all instances, also those of
 * one model, and how many tokens of a model all users may use. An answer is counted when it ends,
 * and judged when it begins: what runs is never cut off. Minutes and days are those of UTC. While
 * the counts are away, everything is allowed. Any thread; blocks it shortly.
 */
public final class Quotas {
  private static final Logger LOG = LoggerFactory.getLogger(Quotas.class);
  private static final long MINUTE_S = 60;
  private static final long DAY_S = 86_400;

  private final TokenCounts counts;
  private final Limits limits;
  private final Map<String, ModelLimits> models;
  private final InstantSource clock;
  private final StreamMetrics metrics;

  /**
   * @param limits of a user, all models together
   * @param models limits of single models, by their names
   */
  public Quotas(
      TokenCounts counts,
      Limits limits,
      Map<String, ModelLimits> models,
      InstantSource clock,
      StreamMetrics metrics) {
    this.counts = counts;
    this.limits = limits;
    this.models = Map.copyOf(models);
    this.clock = clock;
    this.metrics = metrics;
  }

  /**
   * Numbers of tokens, those of the prompts included; 0 for no limit.
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
   * Numbers of tokens of one model.
   *
   * @param perUser of one user
   * @param total of all users together
   */
  public record ModelLimits(Limits perUser, Limits total) {
    private static final Limits FREE = new Limits(0, 0);
    private static final ModelLimits NONE = new ModelLimits(FREE, FREE);
  }

  /**
   * What is counted against a limit.
   *
   * @param account the name of its counts
   * @param who for messages
   * @param what for messages
   */
  private record Budget(String account, Limits limits, String who, String what) {}

  /**
   * Refuses a user that has used up a limit, or a model of which too much was used.
   *
   * @param user a subject, or an address of clients without a token
   * @param model its name
   * @throws RequestException {@code rate_limited}, {@code quota_exceeded}
   */
  public void require(String user, String model) {
    long now = seconds();
    try {
      for (Budget budget : budgets(user, model)) {
        require(budget, now);
      }
    } catch (LeaseStoreException e) {
      away(e);
    }
  }

  private void require(Budget budget, long now) throws LeaseStoreException {
    Limits most = budget.limits();
    List<Long> used = counts.used(budget.account(), List.of(minute(now), day(now)));
    if (isAt(used.get(1), most.perDay())) {
      throw refused(
          ErrorCode.QUOTA_EXCEEDED, budget, most.perDay(), "a day (UTC)", left(now, DAY_S));
    }
    if (isAt(used.get(0), most.perMinute())) {
      throw refused(
          ErrorCode.RATE_LIMITED, budget, most.perMinute(), "a minute", left(now, MINUTE_S));
    }
  }

  /**
   * An answer to a user has ended.
   *
   * @param user empty if it is not known
   */
  public void use(String user, String model, long tokens) {
    if (tokens == 0) {
      return;
    }
    long now = seconds();
    try {
      for (Budget budget : budgets(user, model)) {
        counts.use(budget.account(), minute(now), tokens, Duration.ofSeconds(2 * MINUTE_S));
        counts.use(budget.account(), day(now), tokens, Duration.ofSeconds(2 * DAY_S));
      }
    } catch (LeaseStoreException e) {
      away(e);
    }
  }

  /** Those that have a limit. No two accounts have one name: neither part has a line's end. */
  private List<Budget> budgets(String user, String model) {
    ModelLimits ofModel = models.getOrDefault(model, ModelLimits.NONE);
    String named = "of the model '" + model + "'";
    List<Budget> budgets = new ArrayList<>();
    if (!user.isEmpty()) {
      budgets.add(new Budget(user, limits, "this user has used its", ""));
      budgets.add(
          new Budget(
              "model " + model + "\n" + user,
              ofModel.perUser(),
              "this user has used its",
              " " + named));
    }
    budgets.add(
        new Budget("model " + model, ofModel.total(), "all users have used the", " " + named));
    budgets.removeIf(budget -> budget.limits().none());
    return budgets;
  }

  private void away(LeaseStoreException e) {
    metrics.leaseStoreFailed();
    LOG.debug("tokens are not counted: {}", e.getMessage());
  }

  private RequestException refused(
      ErrorCode code, Budget budget, long limit, String window, int retryAfter) {
    metrics.refusedForTokens();
    return new RequestException(
        code,
        "%s %d tokens of %s%s; wait".formatted(budget.who(), limit, window, budget.what()),
        retryAfter);
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
