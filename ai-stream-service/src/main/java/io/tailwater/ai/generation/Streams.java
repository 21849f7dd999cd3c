package io.tailwater.ai.generation;

import io.tailwater.ai.generation.Generation.Birth;
import io.tailwater.ai.generation.Generation.Death;
import io.tailwater.ai.generation.Generation.Stop;
import io.tailwater.ai.generation.Generation.Surroundings;
import io.tailwater.ai.generation.Places.Place;
import io.tailwater.ai.lease.Accounts;
import io.tailwater.ai.lease.Accounts.Payer;
import io.tailwater.ai.lease.Leases;
import io.tailwater.ai.model.Model;
import io.tailwater.ai.stream.LoggedStream;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.stream.StreamRequest;
import io.tailwater.ai.stream.StreamWriter;
import io.tailwater.client.Verdict.Closed;
import io.tailwater.client.Verdict.Conflicting;
import io.tailwater.client.Verdict.Refused;
import io.tailwater.client.Verdict.Stored;
import io.tailwater.client.Verdict.Unknown;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.StreamState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates, reads and cancels streams: those that run here, and through the log those of other
 * instances. Any thread; calls block until the log has decided, for virtual threads.
 */
public final class Streams implements AutoCloseable {
  /** Prefix of the names of the threads that run generations. */
  static final String THREAD = "ai-generation-";

  private static final Logger LOG = LoggerFactory.getLogger(Streams.class);
  private static final int RUN_LETTERS = 12;
  private static final Duration THREADS_END = Duration.ofSeconds(2);

  private final Models models;
  private final Limits limits;
  private final Surroundings surroundings;
  private final Leases leases;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Map<StreamId, Generation> running = new ConcurrentHashMap<>();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(THREAD, 0).factory());
  private final Places places;
  private volatile boolean stopping;

  /**
   * @param random must be unpredictable
   */
  public Streams(
      Models models,
      Limits limits,
      Surroundings surroundings,
      Leases leases,
      InstantSource clock,
      RandomGenerator random) {
    this.models = models;
    this.limits = limits;
    this.surroundings = surroundings;
    this.leases = leases;
    this.clock = clock;
    this.random = random;
    this.places = new Places(limits.places(), limits.models(), surroundings.metrics());
    surroundings.metrics().running(places::running, limits.places().running());
    surroundings.metrics().queue(places::queued, limits.places().queued());
  }

  /**
   * Bounds of the streams of an instance.
   *
   * @param models limits of single models, by their names
   * @param createTimeout how long a caller waits until a generation's first event or end is in the
   *     log
   * @param shutdownGrace how long running generations have to publish their end at a stop
   */
  public record Limits(
      Places.Limits places,
      Map<String, Places.ModelLimits> models,
      Duration createTimeout,
      Duration shutdownGrace) {}

  /**
   * Begins a generation, or joins the one of the same creator and key.
   *
   * @throws RequestException {@code invalid_request}, {@code rate_limited} (the subject or the
   *     address is at its limit), {@code quota_exceeded}, {@code overloaded} (this instance is at
   *     its limit), {@code unavailable}
   */
  public StreamState create(StreamRequest request) throws InterruptedException {
    Model model = models.get(request.model());
    StreamId id =
        request.idempotencyKey().isEmpty()
            ? StreamId.random(random)
            : StreamId.derived(request.creator(), request.idempotencyKey());
    Generation here = running.get(id);
    if (here == null) {
      // A key may be older than the window in which event-core knows it, so the log is read too.
      Optional<LoggedStream> logged =
          request.idempotencyKey().isEmpty() ? Optional.empty() : surroundings.log().look(id);
      if (logged.isPresent()) {
        return joined(logged.get(), request.creator());
      }
      here = begin(id, request, model);
    }
    return created(here, request);
  }

  /**
   * The state of a stream.
   *
   * @throws RequestException {@code not_found} if nothing of it is left, {@code unavailable}
   */
  public StreamState state(StreamId id) {
    return state(id, null);
  }

  /**
   * Ends a queued or running stream of any instance, with {@code finish} and the reason {@code
   * cancelled}. A stream that has ended stays as it is.
   *
   * @throws RequestException {@code not_found} if nothing of it is left, {@code unavailable}
   */
  public StreamState cancel(StreamId id) throws InterruptedException {
    Generation here = running.get(id);
    if (here != null) {
      here.stop(Stop.CANCELLED);
      Death death =
          await(here.ended(), "the stream ends as soon as the log can be written; try again");
      return state(id, death.closed());
    }
    LoggedStream logged = look(id, null);
    return logged.closed() ? logged.state(creator(id)) : state(id, cancelElsewhere(logged));
  }

  /** Ends a stream that began here and whose caller did not wait for it. */
  public void abandon(StreamState state) {
    Generation here = running.get(new StreamId(state.getId()));
    if (here != null) {
      here.stop(Stop.CANCELLED);
    }
  }

  /** The streams that run or wait here. */
  public Collection<Generation> running() {
    return List.copyOf(running.values());
  }

  private Generation begin(StreamId id, StreamRequest request, Model model) {
    if (stopping) {
      throw new RequestException(ErrorCode.UNAVAILABLE, "this instance is stopping; try again");
    }
    surroundings.accounts().require(Payer.of(request), model.name());
    Place place = places.enter(request, model.name());
    String run = StreamId.letters(random, RUN_LETTERS);
    Generation mine = new Generation(id, request, model, run, places, place, surroundings);
    Generation other = running.putIfAbsent(id, mine);
    if (other != null) {
      places.leave(place);
      return other;
    }
    if (stopping) {
      // It began too late for close() to stop it.
      mine.stop(Stop.SHUTTING_DOWN);
    }
    threads.execute(() -> run(mine));
    return mine;
  }

  private void run(Generation generation) {
    StreamId id = generation.id();
    try {
      leases.hold(id, generation.creator(), clock.millis());
      generation.run();
    } finally {
      running.remove(id);
      places.leave(generation.place());
      Death death = generation.ended().getNow(Death.BROKEN);
      surroundings.metrics().ended(death.how());
      if (death.over()) {
        leases.release(id);
      }
    }
  }

  private StreamState created(Generation generation, StreamRequest request)
      throws InterruptedException {
    Birth birth;
    try {
      birth =
          await(
              generation.born(),
              "the stream is not in the log yet; try again with the same idempotency key");
    } catch (RequestException late) {
      if (request.idempotencyKey().isEmpty()) {
        // Nobody will ever know its id.
        generation.stop(Stop.CANCELLED);
      }
      throw late;
    }
    return switch (birth) {
      case Birth.Begun _ -> begun(generation, generation.request() != request);
      case Birth.Joined _ -> joined(look(generation.id(), null), request.creator());
      case Birth.Refused(ErrorCode code, String message) ->
          throw new RequestException(code, message);
      case Birth.Unknown(String message) ->
          throw new RequestException(ErrorCode.UNAVAILABLE, message);
    };
  }

  private StreamState begun(Generation generation, boolean joined) {
    if (joined) {
      surroundings.metrics().joined();
    }
    StreamId id = generation.id();
    return StreamState.newBuilder()
        .setId(id.text())
        .setChannel(id.channel().toString())
        .setModel(generation.model())
        .setCreator(generation.creator())
        .setStatus(
            generation.place().isFree() ? StreamState.Status.RUNNING : StreamState.Status.QUEUED)
        .setAhead(generation.ahead())
        .setCreatedMs(clock.millis())
        .setJoined(joined)
        .build();
  }

  private StreamState joined(LoggedStream logged, String creator) {
    surroundings.metrics().joined();
    adopt(logged);
    return logged.state(creator).toBuilder().setJoined(true).build();
  }

  private StreamState state(StreamId id, @Nullable Position atLeast) {
    LoggedStream logged = look(id, atLeast);
    adopt(logged);
    return logged.state(creator(id));
  }

  /**
   * Has the lease of another instance's stream judged, in case its producer died while Redis was
   * away.
   */
  private void adopt(LoggedStream logged) {
    if (!logged.closed() && !running.containsKey(logged.id())) {
      leases.adopt(logged.id());
    }
  }

  private LoggedStream look(StreamId id, @Nullable Position atLeast) {
    return surroundings
        .log()
        .look(id, atLeast)
        .orElseThrow(
            () -> new RequestException(ErrorCode.NOT_FOUND, "nothing of this stream is left"));
  }

  private String creator(StreamId id) {
    Generation here = running.get(id);
    return here == null ? leases.creator(id) : here.creator();
  }

  /** Its producer stops once it finds the channel closed. */
  private @Nullable Position cancelElsewhere(LoggedStream logged) throws InterruptedException {
    Finish finish = new Finish(Finish.CANCELLED, logged.usage());
    Accounts accounts = surroundings.accounts();
    Payer payer = Payer.of(creator(logged.id()));
    try (StreamWriter writer = surroundings.writers().get()) {
      accounts.closing(writer, logged.id(), payer, logged.model(), finish);
      return switch (writer.publish(
          surroundings.codec().request(logged.id(), "cancel", finish), limits.createTimeout())) {
        case Stored(Position id, boolean duplicate, _) -> {
          if (!duplicate) {
            accounts.closed(payer, logged.model(), finish);
          }
          yield id;
        }
        case Closed _ -> null;
        case Conflicting _ -> throw new IllegalStateException("these events are about no entry");
        case Refused(_, String message) -> throw new RequestException(ErrorCode.INTERNAL, message);
        case Unknown _ ->
            throw new RequestException(
                ErrorCode.UNAVAILABLE, "the log cannot be written now; try again");
      };
    }
  }

  private <T> T await(CompletableFuture<T> future, String late) throws InterruptedException {
    try {
      return future.get(limits.createTimeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new RequestException(ErrorCode.UNAVAILABLE, late);
    } catch (ExecutionException e) {
      throw new AssertionError("these futures never fail", e);
    }
  }

  /** Whether it is closing and takes no more streams. */
  public boolean stopping() {
    return stopping;
  }

  /** Ends what runs, with an event {@code shutting_down} where the log takes it in time. */
  @Override
  public void close() {
    stopping = true;
    Collection<Generation> last = running();
    last.forEach(generation -> generation.stop(Stop.SHUTTING_DOWN));
    CompletableFuture<?>[] ends =
        last.stream().map(Generation::ended).toArray(CompletableFuture<?>[]::new);
    try {
      CompletableFuture.allOf(ends).get(limits.shutdownGrace().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      LOG.warn(
          "not all streams could publish their end; other instances will, once the leases expire");
    } catch (ExecutionException e) {
      throw new AssertionError("these futures never fail", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    threads.shutdownNow();
    awaitThreads();
  }

  private void awaitThreads() {
    try {
      if (!threads.awaitTermination(THREADS_END.toNanos(), TimeUnit.NANOSECONDS)) {
        LOG.warn("some generations did not stop within {} s", THREADS_END.toSeconds());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
