package io.tailwater.ai;

import io.tailwater.ai.StreamEvent.Delta;
import io.tailwater.ai.StreamEvent.Failed;
import io.tailwater.ai.StreamEvent.Finish;
import io.tailwater.ai.StreamEvent.Start;
import io.tailwater.ai.StreamEvent.Usage;
import io.tailwater.ai.model.Answer;
import io.tailwater.ai.model.Chunk;
import io.tailwater.ai.model.Model;
import io.tailwater.ai.model.ModelException;
import io.tailwater.ai.model.Ticker;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One answer on its way into the log: {@code start}, then what the model has said since the last
 * delta as the next one, then the end. Run once, by a thread of its own that it may block; {@link
 * #stop} and the futures are for everyone.
 */
final class Generation implements Runnable {
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

  /**
   * @param run tells this producer from another that begins the same stream at the same time
   */
  Generation(
      StreamId id, StreamRequest request, Model model, String run, Surroundings surroundings) {
    this.id = id;
    this.request = request;
    this.model = model;
    this.run = run;
    this.surroundings = surroundings;
  }

  StreamId id() {
    return id;
  }

  StreamRequest request() {
    return request;
  }

  /** The name of its model. */
  String model() {
    return model.name();
  }

  /** Completed once it is known whose the stream is. */
  CompletableFuture<Birth> born() {
    return born;
  }

  /** Completed once nothing more is published here. */
  CompletableFuture<Death> ended() {
    return ended;
  }

  /** Has it end soon, with a closing event that says why. The first reason counts. */
  void stop(Stop reason) {
    if (stop == null) {
      stop = reason;
    }
  }

  @Override
  public void run() {
    Death death = Death.BROKEN;
    try (Answer answer = model.answer(request.prompt());
        Publisher publisher = surroundings.publishers().open()) {
      death = generate(answer, publisher);
    } catch (ModelException refused) {
      death = refused(refused);
    } catch (InterruptedException e) {
      death = new Death("interrupted", null);
    } catch (RequestException e) {
      LOG.warn("stream {} can't be begun: {}", id, e.text());
    } catch (RuntimeException e) {
      LOG.error("stream {} broke off", id, e);
    } finally {
      born.complete(new Birth.Unknown("the stream could not be begun; try again"));
      ended.complete(death);
    }
  }

  private Death generate(Answer answer, Publisher publisher) throws InterruptedException {
    Start start =
        new Start(id.text(), id.channel().toString(), model.name(), run, answer.promptTokens());
    PublishVerdict verdict = publish(publisher, "0", start);
    Birth birth = birth(verdict);
    born.complete(birth);
    return switch (birth) {
      case Birth.Begun _ -> write(answer, publisher);
      case Birth.Joined _ -> new Death("joined", null);
      case Birth.Unknown _ -> new Death("lost", null);
      case Birth.Refused _ -> new Death("refused", null);
    };
  }

  private Birth birth(PublishVerdict verdict) {
    return switch (verdict.getOutcome()) {
      case STORED -> new Birth.Begun();
      case DUPLICATE -> isOurs(verdict) ? new Birth.Begun() : new Birth.Joined();
      case CLOSED -> new Birth.Joined();
      case REFUSED -> new Birth.Refused(verdict.getMessage());
      case UNAVAILABLE, OUTCOME_UNSPECIFIED, UNRECOGNIZED ->
          new Birth.Unknown(verdict.getMessage());
    };
  }

  /** Whether a start found in the log is ours, of an attempt whose verdict was lost. */
  private boolean isOurs(PublishVerdict duplicate) {
    return request.idempotencyKey().isEmpty()
        || surroundings.log().start(id, duplicate).filter(s -> s.run().equals(run)).isPresent();
  }

  /** Publishes deltas until the answer ends, then its end. */
  private Death write(Answer answer, Publisher publisher) throws InterruptedException {
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
          return close(publisher, Failed.model(e.text(), usage(answer)));
        }
        if (!chunk.text().isEmpty()) {
          tokens += chunk.tokens();
          Delta delta = Delta.text(deltas++, chunk.text(), tokens);
          PublishVerdict verdict = publish(publisher, Integer.toString(deltas), delta);
          surroundings.metrics().tokens(chunk.tokens());
          if (!isInLog(verdict)) {
            return overtaken(verdict, publisher, answer);
          }
        }
        closing = finish(chunk.ending(), answer);
      }
      if (closing != null) {
        return close(publisher, closing);
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

  private Death close(Publisher publisher, StreamEvent closing) throws InterruptedException {
    PublishVerdict verdict = publish(publisher, Integer.toString(deltas + 1), closing);
    if (!isInLog(verdict)) {
      return overtaken(verdict);
    }
    String how = closing instanceof Finish finish ? finish.finishReason() : Failed.TYPE;
    return new Death(how, verdict);
  }

  /** Something of ours did not get into the log, so nothing more can. */
  private Death overtaken(PublishVerdict verdict, Publisher publisher, Answer answer)
      throws InterruptedException {
    if (verdict.getOutcome() != PublishVerdict.Outcome.REFUSED) {
      return overtaken(verdict);
    }
    LOG.error("event-core refused a delta of stream {}: {}", id, verdict.getMessage());
    return close(publisher, Failed.internal(usage(answer)));
  }

  private Death overtaken(PublishVerdict verdict) {
    return switch (verdict.getOutcome()) {
      case CLOSED -> Death.overtaken();
      case REFUSED -> {
        LOG.error("event-core refused the end of stream {}: {}", id, verdict.getMessage());
        yield new Death("refused", null);
      }
      default -> {
        LOG.warn("stream {} is given up: {}", id, verdict.getMessage());
        yield new Death("lost", null);
      }
    };
  }

  /** The model would not even begin: there is no stream, and whoever asked is told why. */
  private Death refused(ModelException refused) {
    born.complete(new Birth.Refused(refused.text()));
    return new Death("refused", null);
  }

  private PublishVerdict publish(Publisher publisher, String step, StreamEvent event)
      throws InterruptedException {
    PublishRequest publication = surroundings.codec().publication(id, step, event);
    return publisher.publish(
        event instanceof Start
            ? publication.toBuilder().setTraceparent(request.traceparent()).build()
            : publication);
  }

  static boolean isInLog(PublishVerdict verdict) {
    return switch (verdict.getOutcome()) {
      case STORED, DUPLICATE -> true;
      case CLOSED, REFUSED, UNAVAILABLE, OUTCOME_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }

  /** Why a generation is to end before its answer does. */
  enum Stop {
    CANCELLED,
    SHUTTING_DOWN
  }

  /** How a generation begins. */
  sealed interface Birth {
    /** Its start is in the log, and this producer writes it. */
    record Begun() implements Birth {}

    /** The stream was there already, and another producer writes it, or has written it. */
    record Joined() implements Birth {}

    /** It can't be begun. */
    record Refused(String message) implements Birth {}

    /** It may or may not have begun. */
    record Unknown(String message) implements Birth {}
  }

  /**
   * How a generation ended here.
   *
   * @param how a finish reason, {@code failed}, or what kept it from writing its end
   * @param closed the verdict on the closing event, if it was this producer's that counted
   */
  record Death(String how, @Nullable PublishVerdict closed) {
    private static final String OVERTAKEN = "overtaken";

    /** By an error of ours. */
    static final Death BROKEN = new Death("broken", null);

    /** Somebody else closed the channel. */
    static Death overtaken() {
      return new Death(OVERTAKEN, null);
    }

    /** Whether the channel is closed, as far as is known here. */
    boolean over() {
      return closed != null || how.equals(OVERTAKEN);
    }
  }

  /** Opens a publisher for one generation. */
  interface Publishers {
    Publisher open();
  }

  /** What generations share. */
  record Surroundings(
      Publishers publishers,
      EventLog log,
      StreamEventCodec codec,
      Ticker ticker,
      Duration rollUp,
      StreamMetrics metrics) {}
}
