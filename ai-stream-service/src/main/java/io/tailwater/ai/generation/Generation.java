package io.tailwater.ai.generation;

import io.tailwater.ai.generation.Places.Place;
import io.tailwater.ai.lease.Accounts;
import io.tailwater.ai.lease.Accounts.Payer;
import io.tailwater.ai.lease.RunningStream;
import io.tailwater.ai.model.Answer;
import io.tailwater.ai.model.Chunk;
import io.tailwater.ai.model.Model;
import io.tailwater.ai.model.ModelException;
import io.tailwater.ai.model.Piece;
import io.tailwater.ai.stream.StreamEvent;
import io.tailwater.ai.stream.StreamEvent.Delta;
import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.ai.stream.StreamEvent.Queued;
import io.tailwater.ai.stream.StreamEvent.Start;
import io.tailwater.ai.stream.StreamEvent.Usage;
import io.tailwater.ai.stream.StreamEventCodec;
import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.stream.StreamLog;
import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.ai.stream.StreamRequest;
import io.tailwater.ai.stream.StreamWriter;
import io.tailwater.ai.threads.Confinement;
import io.tailwater.client.Verdict;
import io.tailwater.client.Verdict.Closed;
import io.tailwater.client.Verdict.Conflicting;
import io.tailwater.client.Verdict.Refused;
import io.tailwater.client.Verdict.Stored;
import io.tailwater.client.Verdict.Unknown;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.service.Ticker;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the thread that runs it, once, and that it blocks: waits for its place, then writes one
 * answer into the log, as {@code start}, a {@code delta} for the text since the last one, and the
 * end. Any thread may use {@link #stop} and the futures.
 */
public final class Generation implements Runnable, RunningStream {
  private static final Logger LOG = LoggerFactory.getLogger(Generation.class);

  /** As JSON, a character takes at most six bytes; event-core takes 256 KiB. */
  private static final int MAX_DELTA_CHARS = 32_768;

  /** The idempotency key of the stream's first event, so that one producer writes the stream. */
  private static final String FIRST = "0";

  private static final Duration QUEUE_NEWS = Duration.ofSeconds(1);

  /**
   * After this many of them without a change one is published all the same. A stream that was
   * cancelled by another instance then leaves the queue.
   */
  private static final int MAX_QUIET = 5;

  private final StreamId id;
  private final StreamRequest request;
  private final Model model;
  private final String run;
  private final Places places;
  private final Place place;
  private final Surroundings surroundings;
  private final CompletableFuture<Birth> born = new CompletableFuture<>();
  private final CompletableFuture<Death> ended = new CompletableFuture<>();
  private final CompletableFuture<Stop> stop = new CompletableFuture<>();
  private int deltas;
  private int tokens;
  private long beganNanos;
  private final Confinement confinement = new Confinement();

  /**
   * @param run identifies this producer among those that begin the same stream at once
   * @param place among these; returned by who took it
   */
  Generation(
      StreamId id,
      StreamRequest request,
      Model model,
      String run,
      Places places,
      Place place,
      Surroundings surroundings) {
    this.id = id;
    this.request = request;
    this.model = model;
    this.run = run;
    this.places = places;
    this.place = place;
    this.surroundings = surroundings;
  }

  @Override
  public StreamId id() {
    return id;
  }

  @Override
  public String creator() {
    return request.creator();
  }

  @Override
  public boolean cancelledUnwatched() {
    return request.cancelledUnwatched();
  }

  @Override
  public Duration unwatchedAfter() {
    return request.unwatchedAfter();
  }

  @Override
  public void cancel() {
    stop(Stop.CANCELLED);
  }

  StreamRequest request() {
    return request;
  }

  /** The name of its model. */
  String model() {
    return model.name();
  }

  /** Where it waits, or that it runs. */
  Place place() {
    return place;
  }

  /** How many others run before it does; 0 once it may run. */
  int ahead() {
    return places.ahead(place);
  }

  /** Completed once it is known which producer writes the stream. */
  CompletableFuture<Birth> born() {
    return born;
  }

  /** Completed once nothing more is published here. */
  CompletableFuture<Death> ended() {
    return ended;
  }

  /** Ends it soon, with a closing event that gives the reason. The first reason counts. */
  void stop(Stop reason) {
    stop.complete(reason);
  }

  @Override
  public void run() {
    assert confinement.holds();
    Death death = Death.BROKEN;
    try (StreamWriter writer = surroundings.writers().get()) {
      Death queued = place.isFree() ? null : queue(writer);
      death = queued == null ? answer(writer) : queued;
    } catch (InterruptedException e) {
      death = new Death("interrupted", null);
    } catch (RequestException e) {
      LOG.warn("stream {} could not begin: {}", id, e.text());
    } catch (RuntimeException e) {
      LOG.error("stream {} failed", id, e);
    } finally {
      born.complete(new Birth.Unknown("the stream could not begin; try again"));
      ended.complete(death);
    }
  }

  /** Waits for its place, and publishes how long the queue is; null once it may run. */
  private @Nullable Death queue(StreamWriter writer) throws InterruptedException {
    long began = surroundings.ticker().nanos();
    int ahead = ahead();
    Birth birth = birth(publish(writer, FIRST, new Queued(ahead, model.name(), run)));
    born.complete(birth);
    if (!(birth instanceof Birth.Begun)) {
      return unborn(birth);
    }
    int quiet = 0;
    for (int step = 1; !isFreeOrStopped(); step++) {
      quiet++;
      int now = ahead();
      if ((now != ahead && !place.isFree()) || quiet == MAX_QUIET) {
        quiet = 0;
        ahead = now;
        Verdict verdict = publish(writer, "queued-" + step, new Queued(ahead, model.name(), run));
        if (!(verdict instanceof Stored)) {
          return unfinished(verdict);
        }
      }
    }
    surroundings.metrics().queued(surroundings.ticker().nanos() - began);
    StreamEvent closing = closing(Usage.of(0, 0));
    return closing == null ? null : close(writer, closing);
  }

  /** Waits for either, as long as one event about the queue is good for. */
  private boolean isFreeOrStopped() throws InterruptedException {
    try {
      CompletableFuture.anyOf(place.free(), stop).get(QUEUE_NEWS.toNanos(), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new AssertionError("these futures never fail", e);
    }
  }

  private Death answer(StreamWriter writer) throws InterruptedException {
    try (Answer answer = model.answer(request.prompt())) {
      return born.isDone() ? generate(answer, writer) : begin(answer, writer);
    } catch (ModelException refused) {
      return born.isDone()
          ? close(writer, Failed.model(refused, Usage.of(0, 0)))
          : refused(refused);
    }
  }

  /** The stream's first event is the start of its answer. */
  private Death begin(Answer answer, StreamWriter writer) throws InterruptedException {
    beganNanos = surroundings.ticker().nanos();
    Birth birth = birth(publish(writer, FIRST, start(answer)));
    born.complete(birth);
    return birth instanceof Birth.Begun ? write(answer, writer) : unborn(birth);
  }

  /** The stream is in the log already, since it was queued. */
  private Death generate(Answer answer, StreamWriter writer) throws InterruptedException {
    beganNanos = surroundings.ticker().nanos();
    Verdict verdict = publish(writer, "start", start(answer));
    return verdict instanceof Stored ? write(answer, writer) : unfinished(verdict);
  }

  private Start start(Answer answer) {
    return new Start(id.text(), id.channel().toString(), model.name(), run, answer.promptTokens());
  }

  private static Death unborn(Birth birth) {
    return switch (birth) {
      case Birth.Begun _ -> throw new IllegalArgumentException("this stream has begun");
      case Birth.Joined _ -> new Death("joined", null);
      case Birth.Unknown _ -> new Death("lost", null);
      case Birth.Refused _ -> new Death("refused", null);
    };
  }

  private Birth birth(Verdict verdict) {
    return switch (verdict) {
      case Stored(Position start, boolean duplicate, _) ->
          duplicate && !isOurs(start) ? new Birth.Joined() : new Birth.Begun();
      case Closed _ -> new Birth.Joined();
      case Conflicting _ -> throw new IllegalStateException("these events are about no entry");
      case Refused(_, String message) -> new Birth.Refused(ErrorCode.INTERNAL, message);
      case Unknown(String why) -> new Birth.Unknown(why);
    };
  }

  /** Whether a first event in the log is ours, of an attempt whose verdict was lost. */
  private boolean isOurs(Position first) {
    return request.idempotencyKey().isEmpty()
        || surroundings.log().run(id, first).filter(run::equals).isPresent();
  }

  /** Publishes deltas until the answer ends, then its end. */
  private Death write(Answer answer, StreamWriter writer) throws InterruptedException {
    Ticker ticker = surroundings.ticker();
    long rollUp = surroundings.rollUp().toNanos();
    while (true) {
      long began = ticker.nanos();
      StreamEvent closing = closing(usage(answer));
      if (closing == null) {
        Chunk chunk;
        try {
          chunk = answer.next(surroundings.rollUp());
        } catch (ModelException e) {
          return close(writer, Failed.model(e, usage(answer)));
        }
        for (Piece piece : chunk.pieces()) {
          Death death = write(piece, answer, writer);
          if (death != null) {
            return death;
          }
        }
        closing = finish(chunk.ending(), answer);
      }
      if (closing != null) {
        return close(writer, closing);
      }
      ticker.sleep(began + rollUp - ticker.nanos());
    }
  }

  /** Publishes a piece, in deltas that event-core accepts; null unless the generation is over. */
  private @Nullable Death write(Piece piece, Answer answer, StreamWriter writer)
      throws InterruptedException {
    if (deltas == 0) {
      surroundings.metrics().firstToken(surroundings.ticker().nanos() - beganNanos);
    }
    tokens += piece.tokens();
    surroundings.metrics().tokens(piece.tokens());
    String rest = piece.text();
    Piece next = piece;
    do {
      int end =
          rest.length() <= MAX_DELTA_CHARS
              ? rest.length()
              : rest.offsetByCodePoints(0, MAX_DELTA_CHARS / 2);
      Delta delta = Delta.of(deltas++, next, rest.substring(0, end), tokens);
      Verdict verdict = publish(writer, Integer.toString(deltas), delta);
      if (verdict instanceof Refused(_, String message)) {
        LOG.error("event-core refused a delta of stream {}: {}", id, message);
        return close(writer, Failed.internal(usage(answer)));
      }
      if (!(verdict instanceof Stored)) {
        return unfinished(verdict);
      }
      rest = rest.substring(end);
      next = piece.continued();
    } while (!rest.isEmpty());
    return null;
  }

  private @Nullable StreamEvent closing(Usage usage) {
    return switch (stop.getNow(null)) {
      case CANCELLED -> new Finish(Finish.CANCELLED, usage);
      case SHUTTING_DOWN -> Failed.shuttingDown(usage);
      case null -> null;
    };
  }

  private @Nullable StreamEvent finish(Chunk.Ending ending, Answer answer) {
    return switch (ending) {
      case NONE -> null;
      case STOP -> new Finish(Finish.STOP, counted(answer));
      case LENGTH -> new Finish(Finish.LENGTH, counted(answer));
      case TOOL_CALLS -> new Finish(Finish.TOOL_CALLS, counted(answer));
      case CONTENT_FILTER -> new Finish(Finish.CONTENT_FILTER, counted(answer));
    };
  }

  /** As the model counts, if it does. */
  private Usage counted(Answer answer) {
    return Usage.of(answer.promptTokens(), answer.completionTokens().orElse(tokens));
  }

  private Usage usage(Answer answer) {
    return Usage.of(answer.promptTokens(), tokens);
  }

  private Death close(StreamWriter writer, StreamEvent closing) throws InterruptedException {
    Payer payer = Payer.of(request);
    surroundings.accounts().closing(writer, id, payer, model.name(), closing);
    Verdict verdict = publish(writer, Integer.toString(deltas + 1), closing);
    if (verdict instanceof Stored(Position end, _, _)) {
      surroundings.accounts().closed(payer, model.name(), closing);
      String how = closing instanceof Finish finish ? finish.finishReason() : Failed.TYPE;
      return new Death(how, end);
    }
    return unfinished(verdict);
  }

  /** An event of ours is not in the log, so no later one can be published. */
  private Death unfinished(Verdict verdict) {
    return switch (verdict) {
      case Stored _ -> throw new IllegalArgumentException("this event is in the log");
      case Closed _ -> Death.overtaken();
      case Conflicting _ -> throw new IllegalStateException("these events are about no entry");
      case Refused(_, String message) -> {
        LOG.error("event-core refused the end of stream {}: {}", id, message);
        yield new Death("refused", null);
      }
      case Unknown(String why) -> {
        LOG.warn("stream {} is abandoned, its last event has no verdict: {}", id, why);
        yield new Death("lost", null);
      }
    };
  }

  /** The model refused to begin. There is no stream, and the caller gets the model's reason. */
  private Death refused(ModelException refused) {
    ErrorCode code =
        switch (refused.kind()) {
          case REFUSED, TOO_LONG -> ErrorCode.INVALID_REQUEST;
          case RATE_LIMITED -> ErrorCode.RATE_LIMITED;
          case FAILED, TIMEOUT -> ErrorCode.UNAVAILABLE;
        };
    born.complete(new Birth.Refused(code, refused.text()));
    return new Death("refused", null);
  }

  private Verdict publish(StreamWriter writer, String step, StreamEvent event)
      throws InterruptedException {
    assert confinement.holds();
    PublishRequest publish = surroundings.codec().request(id, step, event);
    return writer.publish(
        step.equals(FIRST)
            ? publish.toBuilder().setTraceparent(request.traceparent()).build()
            : publish);
  }

  /** Why a generation ends before its answer does. */
  enum Stop {
    CANCELLED,
    SHUTTING_DOWN
  }

  /** How a generation begins. */
  sealed interface Birth {
    /** Its first event is in the log, and this producer writes the stream. */
    record Begun() implements Birth {}

    /** The stream existed, and another producer writes it or has written it. */
    record Joined() implements Birth {}

    /** It cannot begin. */
    record Refused(ErrorCode code, String message) implements Birth {}

    /** It may or may not have begun. */
    record Unknown(String message) implements Birth {}
  }

  /**
   * How a generation ended here.
   *
   * @param how a finish reason, {@code failed}, or why its end was not written
   * @param closed id of the closing event, if this producer's was stored
   */
  record Death(String how, @Nullable Position closed) {
    private static final String OVERTAKEN = "overtaken";

    /** By a fault here. */
    static final Death BROKEN = new Death("broken", null);

    /** Another instance closed the channel. */
    static Death overtaken() {
      return new Death(OVERTAKEN, null);
    }

    /** Whether the channel is closed, as far as is known here. */
    boolean over() {
      return closed != null || how.equals(OVERTAKEN);
    }
  }

  /**
   * What generations share.
   *
   * @param writers opens one for each generation
   * @param rollUp how long tokens gather before they are published
   */
  public record Surroundings(
      Supplier<StreamWriter> writers,
      StreamLog log,
      StreamEventCodec codec,
      Ticker ticker,
      Duration rollUp,
      Accounts accounts,
      StreamMetrics metrics) {}
}
