package io.tailwater.edge.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** {@code GET /v1/events}: subscribe. */
@Controller("/v1/events")
final class EventsEndpoint {
  private final Access access;
  private final RequestConfiguration configuration;
  private final List<EventsTransport> transports;

  EventsEndpoint(
      Access access, RequestConfiguration configuration, List<EventsTransport> transports) {
    this.access = access;
    this.configuration = configuration;
    this.transports = transports;
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
      return transport.answer(EventsRequest.of(request, subscribing, identity, Map.of()));
    } catch (RequestException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** The parameters of the other transports, each with a media type that selects its transport. */
  private Map<String, String> elsewhere(EventsTransport transport) {
    Map<String, String> elsewhere = new HashMap<>();
    for (EventsTransport other : transports) {
      if (other != transport) {
        other.parameters().forEach(name -> elsewhere.put(name, other.mediaTypes().getFirst()));
      }
    }
    return elsewhere;
  }

  private EventsTransport transport(HttpRequest<?> request) {
    String accept = request.getHeaders().get(HttpHeaders.ACCEPT);
    List<String> wanted =
        accept == null || accept.isBlank()
            ? List.of(MediaType.ALL)
            : Arrays.stream(accept.split(","))
                .map(type -> type.split(";")[0].trim().toLowerCase(Locale.ROOT))
                .toList();
    for (String type : wanted) {
      for (EventsTransport transport : transports) {
        if (transport.mediaTypes().contains(type)) {
          return transport;
        }
      }
    }
    List<String> offered =
        transports.stream().map(transport -> transport.mediaTypes().getFirst()).toList();
    throw new RequestException(
        ErrorCode.NOT_ACCEPTABLE,
        "this answers Accept: " + String.join(" or ", offered) + ", not " + accept);
  }
}
