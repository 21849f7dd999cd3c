package io.tailwater.ai.lease;

import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.contract.RequestException;
import io.tailwater.service.Ticker;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by its thread {@value #THREAD}: renews the leases of the streams that run here, ends
 * streams of any instance whose lease is gone, and cancels those that nobody watches. Every
 * instance does this; the log accepts one end of a stream. Threads of their own end the streams.
 */
public final class LeaseKeeper implements AutoCloseable {
  /** Name of the thread that owns this. */
  public static final String THREAD = "ai-leases";

  /** Prefix of the names of the threads that end streams. */
  static final String ENDING_THREAD = "ai-ending-";

  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);
  private static final int MAX_ENDING_AT_ONCE = 32;
  private static final int MAX_ENDING = 10_000;

  private final LeaseStore store;
  private final Supplier<? extends Collection<? extends RunningStream>> running;
  private final LostStreams lostStreams;
  private final Ticker ticker;
  private final StreamMetrics metrics;
  private final LeaseJudge judge;
  private final Unwatched unwatched;
  private final Duration usual;
  private final Set<StreamId> beingEnded = ConcurrentHashMap.newKeySet();
  private final Semaphore turns = new Semaphore(MAX_ENDING_AT_ONCE);
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(Thread.ofPlatform().name(THREAD).factory());
  private final ExecutorService enders =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(ENDING_THREAD, 0).factory());

  /**
   * Starts its thread.
   *
   * @param running the streams that run here
   */
  public LeaseKeeper(
      LeaseStore store,
      LeaseTerms terms,
      Supplier<? extends Collection<? extends RunningStream>> running,
      LostStreams lostStreams,
      Ticker ticker,
      StreamMetrics metrics) {
    this.store = store;
    this.running = running;
    this.lostStreams = lostStreams;
    this.ticker = ticker;
    this.metrics = metrics;
    this.judge = new LeaseJudge(terms.ttl());
    this.unwatched = new Unwatched();
    this.usual = terms.unwatchedAfter();
    clock.scheduleAtFixedRate(this::tick, 0, terms.interval().toNanos(), TimeUnit.NANOSECONDS);
  }

  private void tick() {
    assert Thread.currentThread().getName().equals(THREAD);
    try {
      Collection<? extends RunningStream> here = running.get();
      store.hold(
          here.stream().collect(Collectors.toMap(RunningStream::id, RunningStream::creator)));
      Set<StreamId> lost = new HashSet<>(judge.see(ticker.nanos(), store.look()));
      here.forEach(stream -> lost.remove(stream.id()));
      lost.forEach(this::end);
      cancelUnwatched(here);
    } catch (LeaseStoreException e) {
      metrics.leaseStoreFailed();
      LOG.debug("leases cannot be judged: {}", e.getMessage());
      judge.blind();
      unwatched.blind();
    } catch (RuntimeException e) {
      LOG.error("leases were not judged", e);
    }
  }

  private void cancelUnwatched(Collection<? extends RunningStream> here)
      throws LeaseStoreException {
    Map<StreamId, RunningStream> cancellable =
        here.stream()
            .filter(RunningStream::cancelledUnwatched)
            .collect(Collectors.toMap(RunningStream::id, stream -> stream));
    Map<StreamId, Duration> limits = new HashMap<>();
    cancellable.forEach(
        (id, stream) ->
            limits.put(id, stream.unwatchedAfter().isZero() ? usual : stream.unwatchedAfter()));
    Set<StreamId> watched = store.watched(limits.keySet());
    for (StreamId id : unwatched.see(ticker.nanos(), limits, watched)) {
      RunningStream stream = cancellable.get(id);
      if (stream != null) {
        stream.cancel();
      }
    }
  }

  /** A stream that cannot be ended now is found lost again by a later tick. */
  private void end(StreamId lost) {
    if (beingEnded.size() < MAX_ENDING && beingEnded.add(lost)) {
      enders.execute(
          () -> {
            try {
              turns.acquire();
              try {
                if (lostStreams.end(lost)) {
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

  /** Stops. Leases that are held here expire. */
  @Override
  public void close() {
    clock.shutdownNow();
    enders.shutdownNow();
    try {
      if (!clock.awaitTermination(2, TimeUnit.SECONDS)
          || !enders.awaitTermination(2, TimeUnit.SECONDS)) {
        LOG.warn("the threads that keep leases did not stop within 2 s each");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
