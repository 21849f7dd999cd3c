package io.tailwater.edge.http;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** A way to answer {@code GET /v1/events}. Each lies in a package of its own. */
public interface EventsTransport {
  /** The media types in a request's {@code Accept} that ask for it, the most telling one first. */
  List<String> mediaTypes();

  /** The request's parameters that it understands, besides those that say what is read. */
  Set<String> parameters();

  /**
   * Answers with the events of the channels.
   *
   * @param headers what the response says besides what every such response says
   */
  CompletableFuture<HttpResponse<?>> answer(
      HttpRequest<?> request,
      Subscribing subscribing,
      Identity identity,
      Map<String, String> headers);

  /** The answer to a request that is refused, in a form that suits its client. */
  CompletableFuture<HttpResponse<?>> refuse(
      HttpRequest<?> request, RequestException refusal, Map<String, String> headers);
}
