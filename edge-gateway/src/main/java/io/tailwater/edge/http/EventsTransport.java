package io.tailwater.edge.http;

import io.micronaut.http.HttpResponse;
import io.tailwater.contract.RequestException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A way to answer {@code GET /v1/events}. Any thread. Each has a package of its own. */
public interface EventsTransport {
  /** The media types in {@code Accept} that select it, the most specific one first. */
  List<String> mediaTypes();

  /** The query parameters of its own, besides those that name what is read. */
  Set<String> parameters();

  /**
   * Answers with the events of the channels.
   *
   * @throws RequestException which says what is wrong and what is accepted
   */
  CompletableFuture<HttpResponse<?>> answer(EventsRequest request);

  /**
   * The answer to a request that is refused, in a form that suits its client.
   *
   * @param lastEventId the position that the client came with, if any
   * @param headers of the response, besides those that every such response has
   */
  CompletableFuture<HttpResponse<?>> refuse(
      RequestException refusal, @Nullable String lastEventId, Map<String, String> headers);
}
