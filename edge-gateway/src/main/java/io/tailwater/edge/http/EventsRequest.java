package io.tailwater.edge.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.tailwater.contract.Channel;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.log.Start;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A request for events, whatever its transport. Immutable.
 *
 * @param netty what it arrived by
 * @param starts where to begin, for each channel, in the order of the request
 * @param identity the caller
 * @param parameters the query's parameters by name; of a repeated one, the first
 * @param origin the page's origin, if the caller is a page
 * @param headers of the response, besides those that every such response has
 */
public record EventsRequest(
    io.netty.channel.Channel netty,
    Map<Channel, Start> starts,
    Identity identity,
    Map<String, String> parameters,
    @Nullable String origin,
    Map<String, String> headers) {

  /** Takes from an HTTP request what a transport needs of it. */
  public static EventsRequest of(
      HttpRequest<?> request,
      Subscribing subscribing,
      Identity identity,
      Map<String, String> headers) {
    Map<String, String> parameters = new LinkedHashMap<>();
    request.getParameters().forEach((name, values) -> parameters.put(name, values.getFirst()));
    return new EventsRequest(
        Takeover.connection(request),
        subscribing.starts(),
        identity,
        parameters,
        request.getHeaders().get(HttpHeaders.ORIGIN),
        headers);
  }

  /** The position of a client that reconnects, as it came; null if there is none. */
  public static @Nullable String lastEventId(HttpRequest<?> request) {
    return request.getHeaders().get(Subscribing.LAST_EVENT_ID);
  }
}
