package io.tailwater.edge.sse;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Origins;
import io.tailwater.edge.backend.KnownConnections;
import io.tailwater.edge.connection.RetryDelay;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.http.EventsRequest;
import io.tailwater.edge.http.EventsTransport;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Any thread: event streams, for clients that accept {@code text/event-stream} or name no type. */
@Singleton
final class SseStreams implements EventsTransport {
  private static final String TYPE = "text/event-stream";
  private static final Pattern POSITION = Pattern.compile("[A-Za-z0-9._~-]+");

  private final Subscriptions subscriptions;
  private final Origins origins;
  private final RetryDelay retryDelay;
  private final KnownConnections known;

  SseStreams(
      Subscriptions subscriptions, Origins origins, RetryDelay retryDelay, KnownConnections known) {
    this.subscriptions = subscriptions;
    this.origins = origins;
    this.retryDelay = retryDelay;
    this.known = known;
  }

  @Override
  public String mediaType() {
    return TYPE;
  }

  /** A client that names no type, such as curl, gets a stream. */
  @Override
  public int preference() {
    return 0;
  }

  @Override
  public Set<String> parameters() {
    return Set.of("envelope", "presence", "push");
  }

  @Override
  public CompletableFuture<HttpResponse<?>> answer(EventsRequest request) {
    boolean several = request.several();
    boolean envelope = request.query().bool("envelope");
    boolean pushes = request.query().bool("push");
    Map<String, String> all = new LinkedHashMap<>(Map.of("Content-Type", TYPE));
    all.putAll(request.headers());
    all.putAll(origins.headers(request.origin()));
    return request.connect(
        subscriptions,
        false,
        netty -> new SseTransport(netty, all, several, envelope, pushes ? known : null, retryDelay),
        new CompletableFuture<>());
  }

  /**
   * A refusal for a passing reason is answered as a stream, since any other status stops an
   * EventSource for good.
   */
  @Override
  public CompletableFuture<HttpResponse<?>> refuse(
      RequestException refusal, @Nullable String lastEventId, Map<String, String> headers) {
    if (!refusal.code().retry()) {
      return CompletableFuture.failedFuture(refusal);
    }
    MutableHttpResponse<?> comeBack =
        HttpResponse.ok(
                SseTransport.retryBlock(refusal.code(), position(lastEventId), delayMs(refusal)))
            .header(HttpHeaders.CONTENT_TYPE, TYPE);
    headers.forEach(comeBack::header);
    return CompletableFuture.completedFuture(comeBack);
  }

  /** Spread at random, and not before the request can succeed. */
  private int delayMs(RequestException refusal) {
    return (refusal.retryAfterSeconds() - 1) * 1_000 + retryDelay.nextMs();
  }

  /** The position that the client came with, empty if it can't be handed back. */
  private static String position(@Nullable String id) {
    return id != null && POSITION.matcher(id).matches() ? id : "";
  }
}
