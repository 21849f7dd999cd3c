package io.tailwater.ai.generation;

import io.tailwater.ai.lease.RunningStream;
import io.tailwater.ai.model.Answer;
import io.tailwater.ai.model.Chunk;
import io.tailwater.ai.model.Model;
import io.tailwater.ai.model.ModelException;
import io.tailwater.ai.stream.StreamEvent;
import io.tailwater.ai.stream.StreamEvent.Delta;
import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.ai.stream.StreamEvent.Start;
import io.tailwater.ai.stream.StreamEvent.Usage;
import io.tailwater.ai.stream.StreamEventCodec;
import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.stream.StreamLog;
import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.ai.stream.StreamRequest;
import io.tailwater.ai.stream.StreamWriter;
import io.tailwater.ai.threads.Confinement;
import io.tailwater.ai.threads.Ticker;
import io.tailwater.client.Verdict;
import io.tailwater.client.Verdict.Closed;
import io.tailwater.client.Verdict.Refused;
import io.tailwater.client.Verdict.Stored;
import io.tailwater.client.Verdict.Unknown;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.PublishRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the thread that runs it, once, and that it blocks: writes one answer into the log, as
 * {@code start}, a {@code delta} for the text since the last one, and the end. Any thread may use
 * {@link #stop} and the futures.
 */
public final class Generation implements Runnable, RunningStream {
  private static final Logger LOG = LoggerFactory.getLogger(Generation.class);

  private final StreamId id;
  private final StreamRequest request;
  private final Model model;
  private final String run;
  private final Surroundings surroundings;
  private final CompletableFuture<Birth> born = new CompletableFuture<>();
  private final CompletableFuture<Death> ended = new CompletableFuture<>();
  private volatile @Nullable Stop stop;
  private int deltas;
  private int tokens;
  private final Confinement confinement = new Confinement();

  /**
   * @param run identifies this producer among those that begin the same stream at once
   */
  Generation(
      StreamId id, StreamRequest request, Model model, String run, Surroundings surroundings) {
    this.id = id;
    this.request = request;
    this.model = model;
    this.run = run;
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
    if (stop == null) {
      stop = reason;
    }
  }

  @Override
  public void run() {
    assert confinement.holds();
    Death death = Death.BROKEN;
    try (Answer answer = model.answer(request.prompt());
        StreamWriter writer = surroundings.writers().get()) {
      death = generate(answer, writer);
    } catch (ModelException refused) {
      death = refused(refused);
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

  private Death generate(Answer answer, StreamWriter writer) throws InterruptedException {
    Start start =
        new Start(id.text(), id.channel().toString(), model.name(), run, answer.promptTokens());
    Birth birth = birth(publish(writer, "0", start));
    born.complete(birth);
    return switch (birth) {
      case Birth.Begun _ -> write(answer, writer);
      case Birth.Joined _ -> new Death("joined", null);
      case Birth.Unknown _ -> new Death("lost", null);
      case Birth.Refused _ -> new Death("refused", null);
    };
  }

  private Birth birth(Verdict verdict) {
    return switch (verdict) {
      case Stored(Position start, boolean duplicate) ->
          duplicate && !isOurs(start) ? new Birth.Joined() : new Birth.Begun();
      case Closed _ -> new Birth.Joined();
      case Refused(_, String message) -> new Birth.Refused(message);
      case Unknown(String why) -> new Birth.Unknown(why);
    };
  }

  /** Whether a start in the log is ours, of an attempt whose verdict was lost. */
  private boolean isOurs(Position start) {
    return request.idempotencyKey().isEmpty()
        || surroundings.log().start(id, start).filter(s -> s.run().equals(run)).isPresent();
  }

  /** Publishes deltas until the answer ends, then its end. */
  private Death write(Answer answer, StreamWriter writer) throws InterruptedException {
    Ticker ticker = surroundings.ticker();
    long rollUp = surroundings.rollUp().toNanos();
    while (true) {
      long began = ticker.nanos();
      StreamEvent closing = closing(answer);
      if (closing == null) {
        Chunk chunk;
        try {
          chunk = answer.next(surroundings.rollUp());
        } catch (ModelException e) {
          return close(writer, Failed.model(e.text(), usage(answer)));
        }
        if (!chunk.text().isEmpty()) {
          tokens += chunk.tokens();
          Delta delta = Delta.text(deltas++, chunk.text(), tokens);
          Verdict verdict = publish(writer, Integer.toString(deltas), delta);
          surroundings.metrics().tokens(chunk.tokens());
          if (verdict instanceof Refused(_, String message)) {
            LOG.error("event-core refused a delta of stream {}: {}", id, message);
            return close(writer, Failed.internal(usage(answer)));
          }
          if (!(verdict instanceof Stored)) {
            return unfinished(verdict);
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

  private @Nullable StreamEvent closing(Answer answer) {
    return switch (stop) {
      case CANCELLED -> new Finish(Finish.CANCELLED, usage(answer));
      case SHUTTING_DOWN -> Failed.shuttingDown(usage(answer));
      case null -> null;
    };
  }

  private @Nullable StreamEvent finish(Chunk.Ending ending, Answer answer) {
    return switch (ending) {
      case NONE -> null;
      case STOP -> new Finish(Finish.STOP, usage(answer));
      case LENGTH -> new Finish(Finish.LENGTH, usage(answer));
    };
  }

  private Usage usage(Answer answer) {
    return Usage.of(answer.promptTokens(), tokens);
  }

  private Death close(StreamWriter writer, StreamEvent closing) throws InterruptedException {
    Verdict verdict = publish(writer, Integer.toString(deltas + 1), closing);
    if (verdict instanceof Stored(Position end, _)) {
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
    born.complete(new Birth.Refused(refused.text()));
    return new Death("refused", null);
  }

  private Verdict publish(StreamWriter writer, String step, StreamEvent event)
      throws InterruptedException {
    assert confinement.holds();
    PublishRequest publish = surroundings.codec().request(id, step, event);
    return writer.publish(
        event instanceof Start
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
    /** Its start is in the log, and this producer writes the stream. */
    record Begun() implements Birth {}

    /** The stream existed, and another producer writes it or has written it. */
    record Joined() implements Birth {}

    /** It cannot begin. */
    record Refused(String message) implements Birth {}

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
      StreamMetrics metrics) {}
}
