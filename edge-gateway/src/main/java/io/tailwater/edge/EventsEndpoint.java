package io.tailwater.edge;

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
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;

/** {@code GET /v1/events}: subscribe. */
@Controller("/v1/events")
final class EventsEndpoint {
  private static final Pattern POSITION = Pattern.compile("[A-Za-z0-9._~-]+");

  private final Access access;
  private final Subscriptions subscriptions;
  private final List<StreamTransport> transports;

  EventsEndpoint(Access access, Subscriptions subscriptions, List<StreamTransport> transports) {
    this.access = access;
    this.subscriptions = subscriptions;
    this.transports = transports;
  }

  @Get
  @Produces(MediaType.ALL)
  CompletableFuture<? extends HttpResponse<?>> subscribe(HttpRequest<?> request) {
    StreamTransport transport = transport(request);
    try {
      Identity identity = access.identify(request);
      return subscriptions.stream(request, identity, transport, Map.of())
          .exceptionallyCompose(failure -> passing(failure, transport, request));
    } catch (RequestException e) {
      return passing(e, transport, request);
    }
  }

  /**
   * What fails for a passing reason is answered as a stream, since any other status stops an
   * EventSource for good.
   */
  private static CompletableFuture<HttpResponse<?>> passing(
      Throwable failure, StreamTransport transport, HttpRequest<?> request) {
    RequestException refusal = Problems.refusal(failure);
    return refusal.code().retry()
        ? CompletableFuture.completedFuture(transport.comeBack(refusal.code(), position(request)))
        : CompletableFuture.failedFuture(refusal);
  }

  /** What the client came with, empty if that is nothing that could be handed back. */
  private static String position(HttpRequest<?> request) {
    String id = request.getHeaders().get("Last-Event-ID");
    return id != null && POSITION.matcher(id).matches() ? id : "";
  }

  private StreamTransport transport(HttpRequest<?> request) {
    String accept = request.getHeaders().get(HttpHeaders.ACCEPT);
    List<String> wanted =
        accept == null || accept.isBlank()
            ? List.of(MediaType.ALL)
            : Arrays.stream(accept.split(","))
                .map(type -> type.split(";")[0].trim().toLowerCase(Locale.ROOT))
                .toList();
    for (String type : wanted) {
      for (StreamTransport transport : transports) {
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
