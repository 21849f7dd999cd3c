package io.tailwater.edge.openai;

import com.google.protobuf.ByteString;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.CreateStreamRequest.Unwatched;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.ai.AiStreams;
import io.tailwater.edge.ai.Answers;
import io.tailwater.edge.ai.StreamKeys;
import io.tailwater.edge.ai.StreamRights;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Starts AI streams for clients of OpenAI's protocol, and answers with their events. Any thread.
 */
final class Completions {
  /** Closing the connection is how these clients stop. */
  private static final Duration UNWATCHED_AFTER = Duration.ofSeconds(10);

  private final AiStreams streams;
  private final StreamKeys keys;
  private final StreamRights rights;
  private final RecentRequests recent;
  private final Answers answers;
  private final ObjectMapper json;

  Completions(
      AiStreams streams,
      StreamKeys keys,
      StreamRights rights,
      RecentRequests recent,
      Answers answers,
      ObjectMapper json) {
    this.streams = streams;
    this.keys = keys;
    this.rights = rights;
    this.recent = recent;
    this.answers = answers;
    this.json = json;
  }

  /** How an answer is read. */
  private record Reading(
      Answers.Reading answer,
      boolean streamed,
      boolean usage,
      boolean keyed,
      @Nullable String recentName) {}

  /**
   * Starts an answer, or joins the one that this request has started before.
   *
   * @throws RequestException as {@link StreamRights#requireCreate}, or if the body is wrong
   */
  CompletableFuture<HttpResponse<?>> create(
      HttpRequest<?> request, Identity identity, byte[] body) {
    rights.requireCreate(identity);
    ChatRequest chat = ChatRequest.parse(body, json);
    String key = keys.of(identity, header(request, "Idempotency-Key"));
    String name = key.isEmpty() ? keys.nameOf(identity, body) : null;
    return repeated(request, name)
        .thenCompose(
            before -> before == null ? begin(request, identity, body, chat, key) : done(before))
        .thenCompose(
            stream -> {
              if (name != null) {
                recent.remember(name, stream.getId());
              }
              return read(
                  new Reading(
                      new Answers.Reading(request, identity, stream),
                      chat.streamed(),
                      chat.includeUsage(),
                      !key.isEmpty(),
                      name),
                  null);
            });
  }

  /** The stream that an SDK's own repetition belongs to; null if it is to be a new one. */
  private CompletableFuture<@Nullable StreamState> repeated(
      HttpRequest<?> request, @Nullable String name) {
    String count = header(request, "X-Stainless-Retry-Count");
    if (name == null || !count.matches("[1-9][0-9]{0,3}")) {
      return CompletableFuture.completedFuture(null);
    }
    return recent
        .find(name)
        .thenCompose(
            id ->
                id == null
                    ? CompletableFuture.<@Nullable StreamState>completedFuture(null)
                    : streams.get(id).<@Nullable StreamState>thenApply(Completions::joinable))
        .exceptionally(gone -> null);
  }

  /** To join what was cancelled or has failed would repeat the failure. */
  private static @Nullable StreamState joinable(StreamState found) {
    return switch (found.getStatus()) {
      case QUEUED, RUNNING, FINISHED -> found;
      case CANCELLED, FAILED, STATUS_UNSPECIFIED, UNRECOGNIZED -> null;
    };
  }

  private static CompletableFuture<StreamState> done(StreamState state) {
    return CompletableFuture.completedFuture(state);
  }

  private CompletableFuture<StreamState> begin(
      HttpRequest<?> request, Identity identity, byte[] body, ChatRequest chat, String key) {
    CreateStreamRequest.Builder wish =
        CreateStreamRequest.newBuilder()
            .setCreator(identity.subject())
            .setAnonymous(identity.anonymous())
            .setAddress(identity.address())
            .setModel(chat.model())
            .setBody(ByteString.copyFrom(body))
            .setUnwatched(Unwatched.CANCEL)
            .setIdempotencyKey(key)
            .setTraceparent(header(request, "traceparent"));
    if (chat.streamed()) {
      wish.setUnwatchedAfterMs(UNWATCHED_AFTER.toMillis());
    }
    return streams.create(wish.build());
  }

  /**
   * An existing stream once more, as a stream.
   *
   * @param lastEventId the client has everything through this id; null: nothing
   * @throws RequestException if the caller may not read it
   */
  CompletableFuture<HttpResponse<?>> again(
      HttpRequest<?> request,
      Identity identity,
      String id,
      boolean usage,
      @Nullable String lastEventId) {
    return streams
        .get(StreamRights.idOf(id))
        .thenCompose(
            stream -> {
              rights.requireRead(identity, stream);
              return read(
                  new Reading(
                      new Answers.Reading(request, identity, stream), true, usage, true, null),
                  lastEventId);
            });
  }

  private CompletableFuture<HttpResponse<?>> read(Reading reading, @Nullable String lastEventId) {
    StreamState stream = reading.answer().stream();
    ChatChunks chunks = new ChatChunks(stream, reading.usage());
    if (reading.streamed()) {
      return answers.stream(
          reading.answer(),
          ChatFormat.NAME,
          Map.of(RequestId.HEADER, RequestId.of(reading.answer().request())),
          new ChatFormat(chunks, reading.usage(), position(lastEventId)),
          whole -> ended(reading, whole));
    }
    CompletableFuture<HttpResponse<?>> response = new CompletableFuture<>();
    return answers
        .connect(
            reading.answer(),
            netty ->
                new WholeTransport(
                    netty,
                    chunks,
                    json,
                    whole -> {
                      ended(reading, whole);
                      answers.left(reading.answer());
                    },
                    response))
        .thenCompose(connected -> response)
        .thenApply(
            answer -> {
              if (answer instanceof io.micronaut.http.MutableHttpResponse<?> mutable) {
                mutable.header(Answers.STREAM_HEADER, stream.getId());
              }
              return answer;
            });
  }

  private void ended(Reading reading, boolean whole) {
    if (whole && reading.recentName() != null) {
      recent.forget(reading.recentName());
    }
    if (!whole && !reading.streamed() && !reading.keyed()) {
      // Nobody can read the rest, so the model need not write it.
      streams.cancel(reading.answer().stream().getId()).exceptionally(unreachable -> null);
    }
  }

  private static @Nullable Position position(@Nullable String text) {
    if (text == null || text.isBlank()) {
      return null;
    }
    try {
      return Position.parse(text.strip());
    } catch (RequestException e) {
      return null;
    }
  }

  private static String header(HttpRequest<?> request, String name) {
    String value = request.getHeaders().get(name);
    return value == null ? "" : value;
  }
}
