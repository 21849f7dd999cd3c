package io.tailwater.edge.poll;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.connection.Collector;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.http.EventsRequest;
import io.tailwater.edge.http.EventsTransport;
import io.tailwater.edge.presence.PresenceWish;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Any thread: polling, for clients that accept {@code application/json}. */
@Singleton
final class Polling implements EventsTransport {
  private static final String NAME = "poll";
  private static final String BEFORE = "before";

  private final Subscriptions subscriptions;
  private final History history;

  Polling(Subscriptions subscriptions, History history) {
    this.subscriptions = subscriptions;
    this.history = history;
  }

  @Override
  public String mediaType() {
    return MediaType.APPLICATION_JSON;
  }

  /** {@code envelope} changes nothing: a list always has whole events. */
  @Override
  public Set<String> parameters() {
    return Set.of("wait", "limit", BEFORE, "envelope");
  }

  @Override
  public CompletableFuture<HttpResponse<?>> answer(EventsRequest request) {
    Poll poll = Poll.parse(request.query());
    String before = request.query().one(BEFORE);
    if (before != null) {
      return history.before(request, before, poll.limit());
    }
    PollAnswer answer = new PollAnswer();
    return request.connect(
        subscriptions,
        poll.waitSeconds() == 0,
        PresenceWish.of(request.query()).ofPoll(),
        netty -> new Collector(netty, NAME, poll.waitSeconds(), poll.limit(), answer),
        answer.response());
  }

  /** A polling client learns everything from the status. */
  @Override
  public CompletableFuture<HttpResponse<?>> refuse(
      RequestException refusal, @Nullable String lastEventId, Map<String, String> headers) {
    return CompletableFuture.failedFuture(refusal);
  }
}
