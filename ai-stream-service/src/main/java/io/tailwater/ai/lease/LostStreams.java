package io.tailwater.ai.lease;

import io.tailwater.ai.lease.Accounts.Payer;
import io.tailwater.ai.stream.LoggedStream;
import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.ai.stream.StreamEventCodec;
import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.stream.StreamLog;
import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.ai.stream.StreamWriter;
import io.tailwater.client.Verdict.Closed;
import io.tailwater.client.Verdict.Conflicting;
import io.tailwater.client.Verdict.Refused;
import io.tailwater.client.Verdict.Stored;
import io.tailwater.client.Verdict.Unknown;
import java.time.Duration;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends streams whose producers are gone. Any thread; blocks it. */
public final class LostStreams {
  private static final Logger LOG = LoggerFactory.getLogger(LostStreams.class);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final StreamLog log;
  private final Supplier<StreamWriter> writers;
  private final StreamEventCodec codec;
  private final Leases leases;
  private final Accounts accounts;
  private final StreamMetrics metrics;

  /**
   * @param writers opens one for each stream that is ended
   */
  public LostStreams(
      StreamLog log,
      Supplier<StreamWriter> writers,
      StreamEventCodec codec,
      Leases leases,
      Accounts accounts,
      StreamMetrics metrics) {
    this.log = log;
    this.writers = writers;
    this.codec = codec;
    this.leases = leases;
    this.accounts = accounts;
    this.metrics = metrics;
  }

  /**
   * Publishes the end of a stream unless it has one.
   *
   * @return whether the stream has an end now, or was never in the log
   */
  boolean end(StreamId lost) throws InterruptedException {
    LoggedStream logged = log.look(lost).orElse(null);
    if (logged == null || logged.closed()) {
      return true;
    }
    try (StreamWriter writer = writers.get()) {
      Failed failed = Failed.producerLost(logged.usage());
      Payer payer = Payer.of(leases.creator(lost));
      accounts.closing(writer, lost, payer, logged.model(), failed);
      return switch (writer.publish(codec.request(lost, "lost", failed), PATIENCE)) {
        case Stored(_, boolean duplicate, _) -> {
          if (!duplicate) {
            LOG.warn("stream {} was ended: its producer is gone", lost);
            metrics.ended("producer_lost");
            accounts.closed(payer, logged.model(), failed);
          }
          yield true;
        }
        case Closed _ -> true;
        case Conflicting _, Refused _, Unknown _ -> false;
      };
    }
  }
}
