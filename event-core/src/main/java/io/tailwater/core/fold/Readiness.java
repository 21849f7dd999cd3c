package io.tailwater.core.fold;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Safe for any thread: whether this instance may serve, and whether it may broadcast.
 *
 * <p>An instance serves once it has caught up with Kafka, and nothing contradicts its
 * configuration. It continues to serve when Kafka is down or the fold is behind: each answer names
 * the interval for which it is true.
 */
public final class Readiness {
  private static final Logger LOG = LoggerFactory.getLogger(Readiness.class);

  /** Why a call is refused that would have to wait for the fold. */
  public static final String BEHIND = "this instance is behind Kafka; try again";

  /** Why a call is refused whose partition is folded from its beginning. */
  public static final String REBUILDING = "this partition is being rebuilt from Kafka; try again";

  private final Duration lagLimit;
  private final Map<String, String> problems = new ConcurrentHashMap<>();
  private volatile boolean caughtUp;
  private volatile boolean closing;
  private volatile Duration lag = Duration.ZERO;
  private volatile boolean near = true;
  private volatile boolean kafkaAnswers = true;

  /**
   * Not ready yet.
   *
   * @param lagLimit how far behind Kafka an instance may be and still broadcast
   */
  public Readiness(Duration lagLimit) {
    this.lagLimit = lagLimit;
  }

  /** Every partition has caught up with Kafka once. */
  void setCaughtUp() {
    caughtUp = true;
  }

  /** The service is being stopped. */
  public void setClosing() {
    closing = true;
  }

  /** How far the fold is behind Kafka; at half of the limit it may broadcast again. */
  public void setLag(Duration newLag) {
    lag = newLag;
    near = newLag.compareTo(near ? lagLimit : lagLimit.dividedBy(2)) < 0;
  }

  /** Whether Kafka answered the last question; only reported, it changes nothing. */
  public void setKafkaAnswers(boolean answers) {
    if (answers != kafkaAnswers) {
      kafkaAnswers = answers;
      LOG.warn(answers ? "Kafka answers again" : "Kafka does not answer");
    }
  }

  /** Adds a reason not to serve, until it is solved; logged once. */
  public void problem(String about, String text) {
    if (!text.equals(problems.put(about, text))) {
      LOG.error("not ready: {}", text);
    }
  }

  /** Removes the reason with this subject. */
  public void solved(String about) {
    problems.remove(about);
  }

  /** Whether every partition has caught up with Kafka once. */
  public boolean isCaughtUp() {
    return caughtUp;
  }

  /** Whether this instance may serve. */
  public boolean isReady() {
    return caughtUp && !closing && problems.isEmpty();
  }

  /** Whether this instance may broadcast. */
  public boolean mayBroadcast() {
    return isReady() && near;
  }

  /** Whether Kafka answered the last question. */
  public boolean kafkaAnswers() {
    return kafkaAnswers;
  }

  /** How far the fold is behind Kafka. */
  public Duration lag() {
    return lag;
  }

  /** Reasons not to serve, by subject. */
  Map<String, String> problems() {
    return new TreeMap<>(problems);
  }

  /**
   * Refuses a call when this instance is not ready.
   *
   * @throws RequestException {@code unavailable}
   */
  public void require() {
    if (!isReady()) {
      throw unavailable(reason());
    }
  }

  /** The refusal of a call that another instance may serve now, or this one soon. */
  public static RequestException unavailable(String why) {
    return new RequestException(ErrorCode.UNAVAILABLE, why);
  }

  /** Why the instance is not ready. */
  public String reason() {
    if (closing) {
      return "this instance is stopping";
    }
    return problems.isEmpty()
        ? "this instance has not caught up with Kafka yet; try again"
        : String.join("; ", problems().values());
  }
}
