package io.tailwater.ai.stream;

import io.tailwater.ai.threads.Confinement;
import io.tailwater.client.Lane;
import io.tailwater.client.Publisher;
import io.tailwater.client.Verdict;
import io.tailwater.client.Verdict.Refused;
import io.tailwater.client.Verdict.Unknown;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.service.Ticker;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;

/**
 * Owned by one thread, which it blocks: publishes one event after the other, so at most one has no
 * verdict. A request whose verdict is unknown is sent again with the same key, on a new lane, which
 * leads to another event-core where there is one.
 */
public final class StreamWriter implements AutoCloseable {
  private final Publisher publisher;
  private final Retries retries;
  private final Ticker ticker;
  private final RandomGenerator random;
  private final StreamMetrics metrics;
  private final Confinement confinement = new Confinement();
  private Lane lane;

  /**
   * @param random spreads the pauses
   */
  public StreamWriter(
      Publisher publisher,
      Retries retries,
      Ticker ticker,
      RandomGenerator random,
      StreamMetrics metrics) {
    this.publisher = publisher;
    this.retries = retries;
    this.ticker = ticker;
    this.random = random;
    this.metrics = metrics;
    this.lane = publisher.open();
  }

  /**
   * How long requests are repeated.
   *
   * @param patience for one event, unless a call has its own
   * @param pause the longest pause after an attempt, by its number from 0; the shortest is half
   */
  public record Retries(Duration patience, IntFunction<Duration> pause) {}

  /**
   * Publishes an event. The verdict is {@link Unknown} only once the patience is exhausted.
   *
   * @param request with a key
   */
  public Verdict publish(PublishRequest request) throws InterruptedException {
    return publish(request, retries.patience());
  }

  /** Publishes an event with a patience of its own. */
  public Verdict publish(PublishRequest request, Duration patience) throws InterruptedException {
    assert confinement.holds();
    long began = ticker.nanos();
    for (int attempt = 0; ; attempt++) {
      Verdict verdict = attempt(request);
      if (!isPassing(verdict)) {
        metrics.published(ticker.nanos() - began);
        return verdict;
      }
      long pause = pause(attempt);
      if (ticker.nanos() - began + pause > patience.toNanos()) {
        metrics.publicationLost();
        return verdict;
      }
      metrics.publicationRepeated();
      ticker.sleep(pause);
    }
  }

  private Verdict attempt(PublishRequest request) throws InterruptedException {
    if (lane.retired()) {
      lane = publisher.open();
    }
    try {
      return lane.publish(request).get();
    } catch (ExecutionException e) {
      throw new AssertionError("verdicts never fail", e);
    }
  }

  /** Whether another attempt may have another verdict. */
  private static boolean isPassing(Verdict verdict) {
    return verdict instanceof Unknown
        || verdict instanceof Refused(ErrorCode code, _) && code == ErrorCode.RATE_LIMITED;
  }

  private long pause(int attempt) {
    long longest = retries.pause().apply(attempt).toNanos();
    return random.nextLong(longest / 2, longest + 1);
  }

  /** Ends its stream of requests. */
  @Override
  public void close() {
    lane.close();
  }
}
