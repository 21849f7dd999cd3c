package io.tailwater.edge.sse;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Origins;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.http.EventsTransport;
import io.tailwater.edge.http.Subscribing;
import io.tailwater.edge.http.Takeover;
import jakarta.inject.Singleton;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Event streams, for whoever accepts {@code text/event-stream} or does not say. */
@Singleton
final class SseStreams implements EventsTransport {
  private static final String TYPE = "text/event-stream";
  private static final Pattern POSITION = Pattern.compile("[A-Za-z0-9._~-]+");

  private final Subscriptions subscriptions;
  private final Origins origins;

  SseStreams(Subscriptions subscriptions, Origins origins) {
    this.subscriptions = subscriptions;
    this.origins = origins;
  }

  @Override
  public List<String> mediaTypes() {
    return List.of(TYPE, "*/*", "text/*");
  }

  @Override
  public Set<String> parameters() {
    return Set.of("envelope");
  }

  @Override
  public CompletableFuture<HttpResponse<?>> answer(
      HttpRequest<?> request,
      Subscribing subscribing,
      Identity identity,
      Map<String, String> headers) {
    boolean envelope = envelope(request.getParameters().get("envelope"));
    Map<String, String> all = new LinkedHashMap<>(Map.of("Content-Type", TYPE));
    all.putAll(headers);
    all.putAll(origins.headers(request.getHeaders().get(HttpHeaders.ORIGIN)));
    return subscriptions
        .connect(
            Takeover.connection(request),
            subscribing.starts(),
            identity,
            false,
            connection -> new SseTransport(connection, all, subscribing.several(), envelope))
        .thenCompose(
            outcome ->
                switch (outcome) {
                  case NOTHING_LEFT -> CompletableFuture.completedFuture(HttpResponse.noContent());
                  // Never completed: the connection has left HTTP.
                  case CONNECTED -> new CompletableFuture<>();
                });
  }

  /**
   * What fails for a passing reason is answered as a stream, since any other status stops an
   * EventSource for good.
   */
  @Override
  public CompletableFuture<HttpResponse<?>> refuse(
      HttpRequest<?> request, RequestException refusal, Map<String, String> headers) {
    if (!refusal.code().retry()) {
      return CompletableFuture.failedFuture(refusal);
    }
    MutableHttpResponse<?> comeBack =
        HttpResponse.ok(SseTransport.retryBlock(refusal.code(), position(request)))
            .header(HttpHeaders.CONTENT_TYPE, TYPE);
    headers.forEach(comeBack::header);
    return CompletableFuture.completedFuture(comeBack);
  }

  /** What the client came with, empty if that is nothing that could be handed back. */
  private static String position(HttpRequest<?> request) {
    String id = request.getHeaders().get("Last-Event-ID");
    return id != null && POSITION.matcher(id).matches() ? id : "";
  }

  private static boolean envelope(@Nullable String text) {
    if (text == null || text.equals("false")) {
      return false;
    }
    if (text.equals("true")) {
      return true;
    }
    throw new RequestException(
        ErrorCode.INVALID_REQUEST, "'envelope' is true or false, not '" + text + "'");
  }
}
