package io.tailwater.ai;

import io.grpc.Channel;
import io.tailwater.ai.model.Ticker;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Publishes one event after the other, each until its fate is known: one without a verdict is sent
 * again, with the same key and on a new stream, which goes to another event-core where there is
 * one. Confined to one thread at a time, and blocks it.
 */
final class Publisher implements AutoCloseable {
  private final Channel eventCore;
  private final PublishConfiguration configuration;
  private final Ticker ticker;
  private final RandomGenerator random;
  private final StreamMetrics metrics;
  private @Nullable PublicationStream stream;

  /**
   * @param random spreads the pauses
   */
  Publisher(
      Channel eventCore,
      PublishConfiguration configuration,
      Ticker ticker,
      RandomGenerator random,
      StreamMetrics metrics) {
    this.eventCore = eventCore;
    this.configuration = configuration;
    this.ticker = ticker;
    this.random = random;
    this.metrics = metrics;
  }

  /**
   * Publishes, trying as long as configured. The verdict is {@code UNAVAILABLE} only after that:
   * then nobody knows whether the event is in the log.
   *
   * @param publication with a key
   */
  PublishVerdict publish(PublishRequest publication) throws InterruptedException {
    return publish(publication, configuration.patience());
  }

  /** Likewise, with a patience of its own. */
  PublishVerdict publish(PublishRequest publication, Duration patience)
      throws InterruptedException {
    long began = ticker.nanos();
    for (int attempt = 0; ; attempt++) {
      PublishVerdict verdict = attempt(publication);
      if (verdict.getOutcome() != Outcome.UNAVAILABLE) {
        metrics.published(ticker.nanos() - began);
        return verdict;
      }
      abandon();
      long pause = pause(attempt);
      if (ticker.nanos() - began + pause > patience.toNanos()) {
        metrics.publicationLost();
        return verdict;
      }
      metrics.publicationRepeated();
      ticker.sleep(pause);
    }
  }

  private PublishVerdict attempt(PublishRequest publication) throws InterruptedException {
    if (stream == null) {
      stream = new PublicationStream(eventCore);
    }
    CompletableFuture<PublishVerdict> verdict = stream.send(publication);
    try {
      PublishVerdict answer =
          verdict.get(configuration.verdictTimeout().toNanos(), TimeUnit.NANOSECONDS);
      return answer.getOutcome() == Outcome.OUTCOME_UNSPECIFIED
              || answer.getOutcome() == Outcome.UNRECOGNIZED
          ? unknown("event-core gave a verdict that this version does not know")
          : answer;
    } catch (TimeoutException e) {
      return unknown("no verdict within " + configuration.verdictTimeout());
    } catch (ExecutionException e) {
      throw new AssertionError("verdicts only ever complete", e);
    }
  }

  private long pause(int attempt) {
    long longest = configuration.backoff(attempt).toNanos();
    return random.nextLong(longest / 2, longest + 1);
  }

  private static PublishVerdict unknown(String why) {
    return PublishVerdict.newBuilder().setOutcome(Outcome.UNAVAILABLE).setMessage(why).build();
  }

  private void abandon() {
    if (stream != null) {
      stream.abandon();
      stream = null;
    }
  }

  /** Ends the stream that is open. */
  @Override
  public void close() {
    if (stream != null) {
      stream.end();
      stream = null;
    }
  }
}
