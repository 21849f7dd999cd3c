package io.tailwater.edge.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.presence.PresenceWish;
import io.tailwater.edge.request.Query;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A request for events, whatever its transport. Immutable.
 *
 * @param netty what it arrived by
 * @param starts where to begin, for each selection, in the order of the request
 * @param identity the caller
 * @param query the parameters of the request
 * @param origin the page's origin, if the caller is a page
 * @param headers of the response, besides those that every such response has
 */
public record EventsRequest(
    io.netty.channel.Channel netty,
    Map<Selection, Start> starts,
    Identity identity,
    Query query,
    @Nullable String origin,
    Map<String, String> headers) {

  /** Takes from an HTTP request what a transport needs of it. */
  public static EventsRequest of(
      HttpRequest<?> request,
      Subscribing subscribing,
      Identity identity,
      Map<String, String> headers) {
    return new EventsRequest(
        Takeover.connection(request),
        subscribing.starts(),
        identity,
        Query.of(request),
        request.getHeaders().get(HttpHeaders.ORIGIN),
        headers);
  }

  /** Whether its events may be of several channels. */
  public boolean several() {
    return starts.size() > 1
        || starts.keySet().stream().anyMatch(one -> one.scope() instanceof ChannelPattern);
  }

  /**
   * Begins a connection that reads what is requested, and is present or watches presence as long as
   * it lasts.
   *
   * @param fresh as {@link Subscriptions#connect}
   * @param transport makes the connection's transport, on its event loop
   * @param response of the connection; a transport that leaves HTTP never completes it
   * @return the response, without content if nothing is left to read
   * @throws RequestException as {@link Subscriptions#connect}
   */
  public CompletableFuture<HttpResponse<?>> connect(
      Subscriptions subscriptions,
      boolean fresh,
      Function<io.netty.channel.Channel, Transport> transport,
      CompletableFuture<HttpResponse<?>> response) {
    return connect(subscriptions, fresh, PresenceWish.of(query), transport, response);
  }

  /**
   * Begins a connection that reads what is requested.
   *
   * @param fresh as {@link Subscriptions#connect}
   * @param wish as {@link Subscriptions#connect}
   * @param transport makes the connection's transport, on its event loop
   * @param response of the connection; a transport that leaves HTTP never completes it
   * @return the response, without content if nothing is left to read
   * @throws RequestException as {@link Subscriptions#connect}
   */
  public CompletableFuture<HttpResponse<?>> connect(
      Subscriptions subscriptions,
      boolean fresh,
      PresenceWish wish,
      Function<io.netty.channel.Channel, Transport> transport,
      CompletableFuture<HttpResponse<?>> response) {
    return subscriptions
        .connect(netty, starts, identity, fresh, wish, transport)
        .thenCompose(
            outcome ->
                switch (outcome) {
                  case NOTHING_LEFT -> CompletableFuture.completedFuture(HttpResponse.noContent());
                  case CONNECTED -> response;
                });
  }

  /** The position of a client that reconnects, as it came; null if there is none. */
  public static @Nullable String lastEventId(HttpRequest<?> request) {
    return Subscribing.lastEventId(request);
  }
}
