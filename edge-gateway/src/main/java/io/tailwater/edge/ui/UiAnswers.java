package io.tailwater.edge.ui;

import com.google.protobuf.ByteString;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.CreateStreamRequest.Unwatched;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.ai.AiStreams;
import io.tailwater.edge.ai.Answers;
import io.tailwater.edge.ai.StreamKeys;
import io.tailwater.edge.ui.Chats.Answer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** Starts the answers of chats, finds them again and stops them. Any thread. */
final class UiAnswers {
  private static final Map<String, String> HEADERS = Map.of("x-vercel-ai-ui-message-stream", "v1");

  /** A repetition within this time joins the answer. */
  private static final Duration REPEATED = Duration.ofSeconds(60);

  /** For this time after its end an answer is shown to a page that was away. */
  private static final Duration SHOWN = Duration.ofMinutes(10);

  private final AiStreams streams;
  private final StreamKeys keys;
  private final Chats chats;
  private final Answers answers;
  private final InstantSource clock;

  UiAnswers(AiStreams streams, StreamKeys keys, Chats chats, Answers answers, InstantSource clock) {
    this.streams = streams;
    this.keys = keys;
    this.chats = chats;
    this.answers = answers;
    this.clock = clock;
  }

  /** A stream, and the message that it becomes. */
  private record Found(StreamState stream, String messageId) {}

  /** Starts an answer, or joins the one that the same request has started before. */
  CompletableFuture<HttpResponse<?>> create(
      HttpRequest<?> request, Identity identity, UiRequest wish) {
    String chat = keys.chat(identity, wish.chatId());
    String name = keys.request(chat, wish.name());
    return chats
        .newest(chat)
        .thenCompose(
            newest ->
                repeated(newest, name)
                    .thenCompose(
                        before ->
                            before == null
                                ? begin(request, identity, wish, chat, name, newest)
                                : CompletableFuture.completedFuture(before)))
        .thenCompose(found -> read(request, identity, found));
  }

  private CompletableFuture<@Nullable Found> repeated(@Nullable Answer newest, String name) {
    if (newest == null
        || !newest.request().equals(name)
        || clock.millis() - newest.atMs() > REPEATED.toMillis()) {
      return CompletableFuture.completedFuture(null);
    }
    return state(newest)
        .thenApply(
            state ->
                state == null
                    ? null
                    : switch (state.getStatus()) {
                      case QUEUED, RUNNING, FINISHED -> new Found(state, newest.messageId());
                      // To join one of these would repeat the failure.
                      case CANCELLED, FAILED, STATUS_UNSPECIFIED, UNRECOGNIZED -> null;
                    });
  }

  private CompletableFuture<Found> begin(
      HttpRequest<?> request,
      Identity identity,
      UiRequest wish,
      String chat,
      String name,
      @Nullable Answer before) {
    String traceparent = request.getHeaders().get("traceparent");
    // Two of the same request at once have the same key, since they see the same chat.
    String key = keys.request(name, before == null ? "" : "" + before.offset());
    return streams
        .create(
            CreateStreamRequest.newBuilder()
                .setCreator(identity.subject())
                .setAnonymous(identity.anonymous())
                .setAddress(identity.address())
                .setModel(wish.model())
                .setBody(ByteString.copyFrom(wish.chat()))
                .setUnwatched(Unwatched.CONTINUE)
                .setIdempotencyKey(key)
                .setTraceparent(traceparent == null ? "" : traceparent)
                .build())
        .thenCompose(
            stream -> {
              String messageId = wish.continued().isEmpty() ? stream.getId() : wish.continued();
              return chats
                  .add(chat, stream.getId(), messageId, name)
                  .thenApply(added -> new Found(stream, messageId));
            });
  }

  /** The newest answer of a chat from its beginning, unless it ended long ago. */
  CompletableFuture<HttpResponse<?>> resume(
      HttpRequest<?> request, Identity identity, String chatId) {
    return chats
        .newest(keys.chat(identity, chatId))
        .thenCompose(
            newest ->
                newest == null
                    ? nothing()
                    : state(newest)
                        .thenCompose(
                            state ->
                                state == null || isOld(state)
                                    ? nothing()
                                    : read(
                                        request, identity, new Found(state, newest.messageId()))));
  }

  private boolean isOld(StreamState state) {
    return switch (state.getStatus()) {
      case QUEUED, RUNNING, STATUS_UNSPECIFIED, UNRECOGNIZED -> false;
      case FINISHED, CANCELLED, FAILED -> clock.millis() - state.getEndedMs() > SHOWN.toMillis();
    };
  }

  /** Cancels the newest answer of a chat, if it runs. */
  CompletableFuture<HttpResponse<?>> stop(Identity identity, String chatId) {
    return chats
        .newest(keys.chat(identity, chatId))
        .thenCompose(
            newest ->
                newest == null
                    ? nothing()
                    : streams
                        .cancel(newest.stream())
                        .handle((state, failure) -> notFound(failure))
                        .thenCompose(gone -> nothing()));
  }

  /** Its state; null if nothing of it is left. */
  private CompletableFuture<@Nullable StreamState> state(Answer answer) {
    return streams
        .get(answer.stream())
        .<@Nullable StreamState>handle(
            (state, failure) -> failure == null ? state : notFound(failure));
  }

  /** Null for what is not found; other failures stay. */
  private static @Nullable StreamState notFound(@Nullable Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    if (cause != null
        && !(cause instanceof RequestException refusal && refusal.code() == ErrorCode.NOT_FOUND)) {
      throw new CompletionException(cause);
    }
    return null;
  }

  private CompletableFuture<HttpResponse<?>> read(
      HttpRequest<?> request, Identity identity, Found found) {
    return answers.stream(
        new Answers.Reading(request, identity, found.stream()),
        UiFormat.NAME,
        HEADERS,
        new UiFormat(found.messageId()),
        whole -> {});
  }

  private static CompletableFuture<HttpResponse<?>> nothing() {
    return CompletableFuture.completedFuture(HttpResponse.noContent());
  }
}
