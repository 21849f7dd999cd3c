package io.tailwater.edge.http;

import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.request.Accept;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;

/** {@code GET /v1/events}: subscribe. */
@Controller("/v1/events")
final class EventsEndpoint {
  private final Access access;
  private final Namespaces namespaces;
  private final RequestConfiguration configuration;
  private final List<EventsTransport> transports;

  EventsEndpoint(
      Access access,
      Namespaces namespaces,
      RequestConfiguration configuration,
      List<EventsTransport> transports) {
    this.access = access;
    this.namespaces = namespaces;
    this.configuration = configuration;
    this.transports =
        transports.stream().sorted(Comparator.comparingInt(EventsTransport::preference)).toList();
  }

  @Get
  @Produces(MediaType.ALL)
  CompletableFuture<? extends HttpResponse<?>> subscribe(HttpRequest<?> request) {
    EventsTransport transport = transport(request);
    return answer(request, transport)
        .exceptionallyCompose(
            failure ->
                transport.refuse(
                    Problems.refusal(request, failure),
                    EventsRequest.lastEventId(request),
                    Map.of()));
  }

  private CompletableFuture<HttpResponse<?>> answer(
      HttpRequest<?> request, EventsTransport transport) {
    try {
      Identity identity = access.identify(request);
      Subscribing subscribing =
          Subscribing.parse(
              request,
              configuration.channelsPerStream(),
              transport.parameters(),
              elsewhere(transport));
      EventsRequest events = EventsRequest.of(request, subscribing, identity, Map.of());
      if (request.getMethod() == HttpMethod.HEAD) {
        events.starts().keySet().forEach(one -> requireReadable(one.scope(), identity));
        return CompletableFuture.completedFuture(transport.head(events));
      }
      return transport.answer(events);
    } catch (RequestException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void requireReadable(Scope scope, Identity identity) {
    identity.requireSubscribe(scope, namespaces.get(scope.namespace()));
  }

  /** The parameters of the other transports, each with a media type that selects its transport. */
  private Map<String, String> elsewhere(EventsTransport transport) {
    Map<String, String> elsewhere = new HashMap<>();
    for (EventsTransport other : transports) {
      if (other != transport) {
        other.parameters().forEach(name -> elsewhere.put(name, other.mediaType()));
      }
    }
    return elsewhere;
  }

  private EventsTransport transport(HttpRequest<?> request) {
    Map<String, EventsTransport> byType = new LinkedHashMap<>();
    for (EventsTransport transport : transports) {
      byType.put(transport.mediaType(), transport);
    }
    String type = Accept.of(request).require(byType.keySet());
    return Objects.requireNonNull(byType.get(type));
  }
}
