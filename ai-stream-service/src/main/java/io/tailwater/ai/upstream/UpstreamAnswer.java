package io.tailwater.ai.upstream;

import io.micronaut.core.type.Argument;
import io.micronaut.json.tree.JsonNode;
import io.tailwater.ai.model.Answer;
import io.tailwater.ai.model.Chunk;
import io.tailwater.ai.model.Chunk.Ending;
import io.tailwater.ai.model.ModelException;
import io.tailwater.ai.model.ModelException.Kind;
import io.tailwater.ai.threads.Confinement;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the thread that takes from it: an answer that a model's server streams. A thread of its
 * own reads it. That thread asks again after a passing failure, but only while nothing of the
 * answer has come, at most {@value #MAX_RETRIES} times, and within {@value #RETRY_SECONDS} s.
 */
final class UpstreamAnswer implements Answer {
  private static final Logger LOG = LoggerFactory.getLogger(UpstreamAnswer.class);
  private static final int MAX_RETRIES = 2;
  private static final int RETRY_SECONDS = 20;
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(RETRY_SECONDS);
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int MAX_ERROR_BYTES = 64 << 10;
  private static final String DONE = "[DONE]";

  private final Upstream upstream;
  private final byte[] body;
  private final int promptEstimate;
  private final Surroundings surroundings;
  private final PieceQueue queue = new PieceQueue();
  private final Thread reader;
  private final Confinement confinement = new Confinement();

  /** When the server was last heard of or asked. */
  private volatile long heardNanos;

  private volatile OptionalInt promptTokens = OptionalInt.empty();
  private volatile OptionalInt completionTokens = OptionalInt.empty();
  private volatile boolean closed;

  /**
   * @param body of the request
   * @param promptEstimate tokens of the prompt, until the server has counted
   */
  UpstreamAnswer(Upstream upstream, byte[] body, int promptEstimate, Surroundings surroundings) {
    this.upstream = upstream;
    this.body = body.clone();
    this.promptEstimate = promptEstimate;
    this.surroundings = surroundings;
    this.heardNanos = surroundings.ticker().nanos();
    this.reader = surroundings.threads().newThread(this::read);
    surroundings.metrics().opened();
    reader.start();
  }

  @Override
  public int promptTokens() {
    return promptTokens.orElse(promptEstimate);
  }

  @Override
  public OptionalInt completionTokens() {
    return completionTokens;
  }

  @Override
  public Chunk next(Duration wait) throws InterruptedException, ModelException {
    assert confinement.holds();
    if (surroundings.ticker().nanos() - heardNanos > upstream.silence().toNanos()) {
      queue.fail(
          new ModelException(
              Kind.TIMEOUT,
              "the model's server sent nothing for " + upstream.silence().toSeconds() + " s"));
      reader.interrupt();
    }
    return queue.take(wait);
  }

  @Override
  public void close() {
    closed = true;
    // It closes its connection, by which the server learns that nobody waits for the answer.
    reader.interrupt();
  }

  private void read() {
    try {
      attempts();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.error("an answer of {} could not be read", upstream, e);
    } finally {
      surroundings.metrics().closed();
      // Without effect if it has ended.
      queue.fail(new ModelException(Kind.FAILED, "the model could not be read"));
    }
  }

  private void attempts() throws InterruptedException {
    long began = surroundings.ticker().nanos();
    for (int attempt = 0; ; attempt++) {
      Completion completion = new Completion();
      try {
        attempt(completion);
        queue.end(completion.ending());
        return;
      } catch (UpstreamException e) {
        if (closed) {
          return;
        }
        long pause = Math.max(e.afterNanos(), pauseNanos(attempt));
        long elapsed = surroundings.ticker().nanos() - began;
        boolean again =
            e.isPassing()
                && !completion.hasBegun()
                && attempt < MAX_RETRIES
                && elapsed + pause <= RETRY_NANOS;
        surroundings.metrics().failed(again);
        if (!again) {
          ModelException failure = withoutKey(e.asModelException());
          LOG.warn("no answer of {}: {}", upstream, failure.text());
          queue.fail(failure);
          return;
        }
        LOG.info("asking {} again: {}", upstream, withoutKey(e.asModelException()).text());
        surroundings.ticker().sleep(pause);
      }
    }
  }

  private ModelException withoutKey(ModelException e) {
    return new ModelException(e.kind(), upstream.withoutKey(e.text()));
  }

  /** At random between half of it and all, so that many answers do not ask again at once. */
  private long pauseNanos(int attempt) {
    long longest = FIRST_PAUSE_NANOS << attempt;
    return surroundings.random().nextLong(longest / 2, longest + 1);
  }

  private void attempt(Completion completion) throws UpstreamException, InterruptedException {
    heard();
    try {
      HttpResponse<InputStream> response =
          surroundings
              .http()
              .send(
                  upstream
                      .request("chat/completions")
                      .header("Content-Type", "application/json")
                      .header("Accept", "text/event-stream")
                      .POST(BodyPublishers.ofByteArray(body))
                      .build(),
                  BodyHandlers.ofInputStream());
      heard();
      try (InputStream stream = response.body()) {
        if (response.statusCode() != 200) {
          throw Refusals.of(
              response.statusCode(),
              error(stream),
              response.headers().firstValue("Retry-After").orElse(null));
        }
        read(new EventLines(stream, this::heard), completion);
      }
    } catch (ConnectException e) {
      throw UpstreamException.passing(Kind.FAILED, "the model's server cannot be reached");
    } catch (IOException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      throw UpstreamException.passing(
          Kind.FAILED,
          e instanceof java.nio.charset.CharacterCodingException
              ? "the model's server sent text that is not UTF-8"
              : "the connection to the model's server broke");
    }
  }

  private void read(EventLines events, Completion completion)
      throws IOException, UpstreamException, InterruptedException {
    String data = events.next();
    while (data != null && !data.equals(DONE)) {
      queue.add(completion.read(json(data)));
      promptTokens = completion.promptTokens();
      completionTokens = completion.completionTokens();
      data = events.next();
    }
    if (completion.ending() == Ending.NONE) {
      throw UpstreamException.passing(
          Kind.FAILED,
          completion.hasBegun()
              ? "the model's server broke off in the middle of the answer"
              : "the model's server closed the connection without an answer");
    }
  }

  private JsonNode json(String data) throws UpstreamException {
    try {
      JsonNode node = surroundings.json().readValue(data, Argument.of(JsonNode.class));
      if (node != null) {
        return node;
      }
    } catch (IOException garbage) {
      // As below.
    }
    throw Completion.garbage();
  }

  /** The {@code error} of an answer that is none; null if it has none. */
  private @Nullable JsonNode error(InputStream stream) throws IOException {
    byte[] bytes = stream.readNBytes(MAX_ERROR_BYTES);
    try {
      JsonNode node =
          surroundings
              .json()
              .readValue(new String(bytes, StandardCharsets.UTF_8), Argument.of(JsonNode.class));
      return node != null && node.isObject() ? node.get("error") : null;
    } catch (IOException notJson) {
      return null;
    }
  }

  private void heard() {
    heardNanos = surroundings.ticker().nanos();
  }
}
