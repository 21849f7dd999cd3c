package io.tailwater.edge.poll;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.http.EventsTransport;
import io.tailwater.edge.http.Subscribing;
import io.tailwater.edge.http.Takeover;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Polling, for whoever accepts {@code application/json}. */
@Singleton
final class Polling implements EventsTransport {
  private static final String BEFORE = "before";

  private final Subscriptions subscriptions;
  private final History history;

  Polling(Subscriptions subscriptions, History history) {
    this.subscriptions = subscriptions;
    this.history = history;
  }

  @Override
  public List<String> mediaTypes() {
    return List.of(MediaType.APPLICATION_JSON, "application/*");
  }

  /** {@code envelope} says nothing here: a list has whole events. */
  @Override
  public Set<String> parameters() {
    return Set.of("wait", "limit", BEFORE, "envelope");
  }

  @Override
  public CompletableFuture<HttpResponse<?>> answer(
      HttpRequest<?> request,
      Subscribing subscribing,
      Identity identity,
      Map<String, String> headers) {
    Poll poll = Poll.parse(request.getParameters());
    String before = request.getParameters().get(BEFORE);
    if (before != null) {
      return history.before(request, subscribing, identity, before, poll.limit());
    }
    CompletableFuture<HttpResponse<?>> answer = new CompletableFuture<>();
    return subscriptions
        .connect(
            Takeover.connection(request),
            subscribing.starts(),
            identity,
            poll.waitSeconds() == 0,
            connection -> new PollTransport(connection, poll, answer))
        .thenCompose(
            outcome ->
                switch (outcome) {
                  case NOTHING_LEFT -> CompletableFuture.completedFuture(HttpResponse.noContent());
                  case CONNECTED -> answer;
                });
  }

  /** A status tells a client of polling everything. */
  @Override
  public CompletableFuture<HttpResponse<?>> refuse(
      HttpRequest<?> request, RequestException refusal, Map<String, String> headers) {
    return CompletableFuture.failedFuture(refusal);
  }
}
