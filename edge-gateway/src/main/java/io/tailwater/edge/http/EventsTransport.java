package io.tailwater.edge.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.tailwater.contract.RequestException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A way to answer {@code GET /v1/events}. Any thread. Each has a package of its own. */
public interface EventsTransport {
  /** The media type of its answers, by which {@code Accept} selects it. */
  String mediaType();

  /** The place among the transports where {@code Accept} leaves the choice open; lowest first. */
  default int preference() {
    return 1;
  }

  /** The query parameters of its own, besides those that name what is read. */
  Set<String> parameters();

  /**
   * Answers with the events of the channels.
   *
   * @throws RequestException which says what is wrong and what is accepted
   */
  CompletableFuture<HttpResponse<?>> answer(EventsRequest request);

  /** The answer to a {@code HEAD} that would be served: the head alone. */
  default HttpResponse<?> head(EventsRequest request) {
    MutableHttpResponse<?> head = HttpResponse.ok().header(HttpHeaders.CONTENT_TYPE, mediaType());
    request.headers().forEach(head::header);
    return head;
  }

  /**
   * The answer to a request that is refused, in a form that suits its client.
   *
   * @param lastEventId the position that the client came with, if any
   * @param headers of the response, besides those that every such response has
   */
  CompletableFuture<HttpResponse<?>> refuse(
      RequestException refusal, @Nullable String lastEventId, Map<String, String> headers);
}
