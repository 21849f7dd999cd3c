package io.tailwater.core;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this instance may serve, and whether it may broadcast. Safe for any thread.
 *
 * <p>It serves once it has caught up with Kafka, and nothing contradicts its configuration. It goes
 * on serving when Kafka is gone or the fold is behind: what it says names the interval for which it
 * is true.
 */
final class Readiness {
  private static final Logger LOG = LoggerFactory.getLogger(Readiness.class);
  private final Duration lagLimit;
  private final Map<String, String> problems = new ConcurrentHashMap<>();
  private volatile boolean caughtUp;
  private volatile boolean closing;
  private volatile Duration lag = Duration.ZERO;
  private volatile boolean near = true;
  private volatile boolean kafkaAnswers = true;

  Readiness(Duration lagLimit) {
    this.lagLimit = lagLimit;
  }

  /** Every partition has caught up with Kafka once. */
  void setCaughtUp() {
    caughtUp = true;
  }

  /** The service is being stopped. */
  void setClosing() {
    closing = true;
  }

  /** How far the fold is behind Kafka; comes back into broadcasting at half of the limit. */
  void setLag(Duration newLag) {
    lag = newLag;
    near = newLag.compareTo(near ? lagLimit : lagLimit.dividedBy(2)) < 0;
  }

  /** Whether Kafka answered when it was last asked; for operators, it changes nothing. */
  void setKafkaAnswers(boolean answers) {
    if (answers != kafkaAnswers) {
      kafkaAnswers = answers;
      LOG.warn(answers ? "Kafka answers again" : "Kafka does not answer");
    }
  }

  /** Something keeps the instance from serving, until it is solved; said once in the log. */
  void problem(String about, String text) {
    if (!text.equals(problems.put(about, text))) {
      LOG.error("not ready: {}", text);
    }
  }

  /** Nothing is wrong about this any more. */
  void solved(String about) {
    problems.remove(about);
  }

  boolean isCaughtUp() {
    return caughtUp;
  }

  boolean isReady() {
    return caughtUp && !closing && problems.isEmpty();
  }

  boolean mayBroadcast() {
    return isReady() && near;
  }

  boolean kafkaAnswers() {
    return kafkaAnswers;
  }

  Duration lag() {
    return lag;
  }

  /** What is wrong, by what it is about. */
  Map<String, String> problems() {
    return new TreeMap<>(problems);
  }

  /**
   * Refuses a call that cannot be served.
   *
   * @throws RequestException {@code unavailable}
   */
  void require() {
    if (!isReady()) {
      throw new RequestException(ErrorCode.UNAVAILABLE, reason());
    }
  }

  /** Why the instance is not ready. */
  String reason() {
    if (closing) {
      return "this instance is stopping";
    }
    return problems.isEmpty()
        ? "this instance has not caught up with Kafka yet"
        : String.join("; ", problems().values());
  }
}
