package io.tailwater.ai;

import io.tailwater.ai.Generation.Stop;
import io.tailwater.ai.StreamEvent.Failed;
import io.tailwater.ai.model.Ticker;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.PublishVerdict;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews the leases of the streams that run here, ends those anywhere whose lease is gone, and
 * cancels those that nobody watches. Every instance does; the log sees to it that a stream gets one
 * end. One thread ticks, others end streams.
 */
final class LeaseKeeper implements AutoCloseable {
  /** Name of the thread that ticks. */
  static final String THREAD = "ai-leases";

  /** Prefix of the names of the threads that end streams. */
  static final String ENDING_THREAD = "ai-ending-";

  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);
  private static final int ENDED_AT_ONCE = 32;
  private static final int MOST_ENDING = 10_000;

  private final LeaseStore store;
  private final Streams streams;
  private final Ending ending;
  private final Ticker ticker;
  private final StreamMetrics metrics;
  private final LeaseJudge judge;
  private final Unwatched unwatched;
  private final Set<StreamId> beingEnded = ConcurrentHashMap.newKeySet();
  private final Semaphore turns = new Semaphore(ENDED_AT_ONCE);
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name(THREAD).factory());
  private final ExecutorService enders =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(ENDING_THREAD, 0).factory());

  LeaseKeeper(
      LeaseStore store,
      LeaseConfiguration configuration,
      Streams streams,
      Ending ending,
      Ticker ticker,
      StreamMetrics metrics) {
    this.store = store;
    this.streams = streams;
    this.ending = ending;
    this.ticker = ticker;
    this.metrics = metrics;
    this.judge = new LeaseJudge(configuration.ttl());
    this.unwatched = new Unwatched(configuration.unwatchedAfter());
    long interval = configuration.interval().toNanos();
    clock.scheduleAtFixedRate(this::tick, 0, interval, TimeUnit.NANOSECONDS);
  }

  private void tick() {
    try {
      Collection<Generation> here = streams.running();
      store.hold(
          here.stream()
              .collect(Collectors.toMap(Generation::id, each -> each.request().creator())));
      Set<StreamId> lost = new HashSet<>(judge.see(ticker.nanos(), store.look()));
      here.forEach(generation -> lost.remove(generation.id()));
      lost.forEach(this::end);
      cancelUnwatched(here);
    } catch (LeaseStoreException e) {
      metrics.leaseStoreFailed();
      LOG.debug("the leases can't be judged: {}", e.getMessage());
      judge.blind();
      unwatched.blind();
    } catch (RuntimeException e) {
      LOG.error("the leases were not judged", e);
    }
  }

  private void cancelUnwatched(Collection<Generation> here) throws LeaseStoreException {
    Map<StreamId, Generation> caring =
        here.stream()
            .filter(generation -> generation.request().cancelledUnwatched())
            .collect(Collectors.toMap(Generation::id, generation -> generation));
    List<StreamId> ids = List.copyOf(caring.keySet());
    for (StreamId id : unwatched.see(ticker.nanos(), ids, store.watched(ids))) {
      Generation generation = caring.get(id);
      if (generation != null) {
        generation.stop(Stop.CANCELLED);
      }
    }
  }

  /** What can't be ended now comes up again with the next tick. */
  private void end(StreamId lost) {
    if (beingEnded.size() < MOST_ENDING && beingEnded.add(lost)) {
      enders.execute(
          () -> {
            try {
              turns.acquire();
              try {
                if (ending.end(lost)) {
                  store.release(lost);
                } else {
                  store.register(lost);
                }
              } finally {
                turns.release();
              }
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            } catch (LeaseStoreException | RequestException e) {
              LOG.debug("stream {} is not ended yet: {}", lost, e.getMessage());
            } finally {
              beingEnded.remove(lost);
            }
          });
    }
  }

  /** Stops; leases that are held here run out by themselves. */
  @Override
  public void close() {
    clock.shutdownNow();
    enders.shutdownNow();
    try {
      if (!clock.awaitTermination(2, TimeUnit.SECONDS)
          || !enders.awaitTermination(2, TimeUnit.SECONDS)) {
        LOG.warn("the keeper of the leases did not stop");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends a stream whose producer is gone. */
  static final class Ending {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Generation.Surroundings surroundings;

    Ending(Generation.Surroundings surroundings) {
      this.surroundings = surroundings;
    }

    /**
     * Publishes the end if there is none.
     *
     * @return whether the stream is ended now, or was never in the log
     */
    boolean end(StreamId lost) throws InterruptedException {
      LoggedStream logged = surroundings.log().look(lost).orElse(null);
      if (logged == null || logged.closed()) {
        return true;
      }
      try (Publisher publisher = surroundings.publishers().open()) {
        Failed failed = Failed.producerLost(logged.usage());
        PublishVerdict verdict =
            publisher.publish(surroundings.codec().publication(lost, "lost", failed), PATIENCE);
        return switch (verdict.getOutcome()) {
          case STORED -> {
            LOG.warn("stream {} had lost its producer", lost);
            surroundings.metrics().ended("producer_lost");
            yield true;
          }
          case DUPLICATE, CLOSED -> true;
          case REFUSED, UNAVAILABLE, OUTCOME_UNSPECIFIED, UNRECOGNIZED -> false;
        };
      }
    }
  }
}
