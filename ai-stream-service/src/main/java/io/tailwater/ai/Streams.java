package io.tailwater.ai;

import io.tailwater.ai.Generation.Birth;
import io.tailwater.ai.Generation.Death;
import io.tailwater.ai.Generation.Stop;
import io.tailwater.ai.Generation.Surroundings;
import io.tailwater.ai.StreamEvent.Finish;
import io.tailwater.ai.model.Model;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.PublishVerdict;
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
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams: those that run here, and through the log all others. Calls block until the log has
 * decided; made for virtual threads.
 */
final class Streams implements AutoCloseable {
  /** Prefix of the names of the threads that run generations. */
  static final String THREAD = "ai-generation-";

  private static final Logger LOG = LoggerFactory.getLogger(Streams.class);
  private static final int RUN_LETTERS = 12;
  private static final Duration THREADS_END = Duration.ofSeconds(2);

  private final Map<String, Model> models;
  private final AiConfiguration configuration;
  private final Surroundings surroundings;
  private final Leases leases;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Map<StreamId, Generation> running = new ConcurrentHashMap<>();
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(THREAD, 0).factory());
  private final Semaphore free;
  private volatile boolean stopping;

  /**
   * @param models by name; the configured default is one of them
   * @param random unpredictable
   */
  Streams(
      Map<String, Model> models,
      AiConfiguration configuration,
      Surroundings surroundings,
      Leases leases,
      InstantSource clock,
      RandomGenerator random) {
    this.models = Map.copyOf(models);
    this.configuration = configuration;
    this.surroundings = surroundings;
    this.leases = leases;
    this.clock = clock;
    this.random = random;
    this.free = new Semaphore(configuration.maxRunning());
    surroundings.metrics().running(running::size, configuration.maxRunning());
  }

  /**
   * Begins a generation, or joins the one of the same creator and key.
   *
   * @throws RequestException {@code invalid_request}, {@code rate_limited} (as many run as may),
   *     {@code unavailable}
   */
  StreamState create(StreamRequest request) throws InterruptedException {
    Model model = model(request.model());
    StreamId id =
        request.idempotencyKey().isEmpty()
            ? StreamId.random(random)
            : StreamId.derived(request.creator(), request.idempotencyKey());
    Generation here = running.get(id);
    if (here == null) {
      // A key may be older than the window in which event-core knows it, so the log is asked too.
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
   * What has become of a stream.
   *
   * @throws RequestException {@code not_found} if nothing of it is left, {@code unavailable}
   */
  StreamState state(StreamId id) {
    return state(id, null);
  }

  /**
   * Ends a stream that runs, here or elsewhere, with {@code finish} and the reason {@code
   * cancelled}. One that has ended stays as it is.
   *
   * @throws RequestException {@code not_found} if nothing of it is left, {@code unavailable}
   */
  StreamState cancel(StreamId id) throws InterruptedException {
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

  /** Ends a stream that was begun here for somebody who did not wait for it. */
  void abandon(StreamState state) {
    Generation here = running.get(new StreamId(state.getId()));
    if (here != null) {
      here.stop(Stop.CANCELLED);
    }
  }

  /** The streams that run here, and how they were asked for. */
  Collection<Generation> running() {
    return List.copyOf(running.values());
  }

  private Generation begin(StreamId id, StreamRequest request, Model model) {
    if (stopping) {
      throw new RequestException(ErrorCode.UNAVAILABLE, "this instance is stopping; try again");
    }
    if (!free.tryAcquire()) {
      surroundings.metrics().refused();
      throw new RequestException(
          ErrorCode.RATE_LIMITED,
          configuration.maxRunning() + " streams run here, and no more may; try again later");
    }
    String run = StreamId.letters(random, RUN_LETTERS);
    Generation mine = new Generation(id, request, model, run, surroundings);
    Generation other = running.putIfAbsent(id, mine);
    if (other != null) {
      free.release();
      return other;
    }
    if (stopping) {
      // It was not among those that close() stopped.
      mine.stop(Stop.SHUTTING_DOWN);
    }
    threads.execute(() -> run(mine));
    return mine;
  }

  private void run(Generation generation) {
    StreamId id = generation.id();
    try {
      leases.hold(id, generation.request().creator());
      generation.run();
    } finally {
      running.remove(id);
      free.release();
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
              "the log has not taken the stream yet; try again with the same idempotency key");
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
      case Birth.Refused(String message) -> throw new RequestException(ErrorCode.INTERNAL, message);
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
        .setCreator(generation.request().creator())
        .setStatus(StreamState.Status.RUNNING)
        .setCreatedMs(clock.millis())
        .setJoined(joined)
        .build();
  }

  private StreamState joined(LoggedStream logged, String creator) {
    surroundings.metrics().joined();
    adopt(logged);
    return logged.state(creator).toBuilder().setJoined(true).build();
  }

  private StreamState state(StreamId id, @Nullable PublishVerdict verdict) {
    LoggedStream logged = look(id, verdict);
    adopt(logged);
    return logged.state(creator(id));
  }

  /**
   * Has the lease of a stream judged that runs elsewhere, in case its producer died while Redis
   * could not be told of it.
   */
  private void adopt(LoggedStream logged) {
    if (!logged.closed() && !running.containsKey(logged.id())) {
      leases.adopt(logged.id());
    }
  }

  private LoggedStream look(StreamId id, @Nullable PublishVerdict verdict) {
    return surroundings
        .log()
        .look(id, verdict)
        .orElseThrow(
            () -> new RequestException(ErrorCode.NOT_FOUND, "nothing is left of this stream"));
  }

  private String creator(StreamId id) {
    Generation here = running.get(id);
    return here == null ? leases.creator(id) : here.request().creator();
  }

  /** Its producer stops when it is told that the channel is closed. */
  private @Nullable PublishVerdict cancelElsewhere(LoggedStream logged)
      throws InterruptedException {
    Finish finish = new Finish(Finish.CANCELLED, logged.usage());
    try (Publisher publisher = surroundings.publishers().open()) {
      PublishVerdict verdict =
          publisher.publish(
              surroundings.codec().publication(logged.id(), "cancel", finish),
              configuration.createTimeout());
      return switch (verdict.getOutcome()) {
        case STORED, DUPLICATE -> verdict;
        case CLOSED -> null;
        case REFUSED -> throw new RequestException(ErrorCode.INTERNAL, verdict.getMessage());
        case UNAVAILABLE, OUTCOME_UNSPECIFIED, UNRECOGNIZED ->
            throw new RequestException(
                ErrorCode.UNAVAILABLE, "the log can't be written now; try again");
      };
    }
  }

  private Model model(String name) {
    Model model = models.get(name.isEmpty() ? configuration.model() : name);
    if (model == null) {
      throw StreamRequest.invalid(
          "'"
              + StreamRequest.shortened(name)
              + "' is no model here; there is: "
              + String.join(", ", models.keySet().stream().sorted().toList()));
    }
    return model;
  }

  private <T> T await(CompletableFuture<T> future, String late) throws InterruptedException {
    try {
      return future.get(configuration.createTimeout().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw new RequestException(ErrorCode.UNAVAILABLE, late);
    } catch (ExecutionException e) {
      throw new AssertionError("these futures only ever complete", e);
    }
  }

  /** Whether it takes no more streams, since it is being closed. */
  boolean stopping() {
    return stopping;
  }

  /** Ends what runs, with an event that says so where the log takes it in time. */
  @Override
  public void close() {
    stopping = true;
    Collection<Generation> last = running();
    last.forEach(generation -> generation.stop(Stop.SHUTTING_DOWN));
    CompletableFuture<?>[] ends =
        last.stream().map(Generation::ended).toArray(CompletableFuture<?>[]::new);
    try {
      CompletableFuture.allOf(ends)
          .get(configuration.shutdownGrace().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      LOG.warn("not all streams could publish their end; others will, once their leases are gone");
    } catch (ExecutionException e) {
      throw new AssertionError("these futures only ever complete", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    threads.shutdownNow();
    awaitThreads();
  }

  private void awaitThreads() {
    try {
      if (!threads.awaitTermination(THREADS_END.toNanos(), TimeUnit.NANOSECONDS)) {
        LOG.warn("some generations did not stop");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
