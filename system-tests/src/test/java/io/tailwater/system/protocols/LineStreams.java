package io.tailwater.system.protocols;

import io.micronaut.context.annotation.Requires;
import io.micronaut.http.HttpResponse;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.connection.RetryDelay;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.http.EventsRequest;
import io.tailwater.edge.http.EventsTransport;
import jakarta.inject.Singleton;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Any thread: streams of lines, in gateways with the setting {@value #SETTING}. */
@Singleton
@Requires(property = LineStreams.SETTING, value = "true")
final class LineStreams implements EventsTransport {
  static final String SETTING = "lines.enabled";

  private final Subscriptions subscriptions;
  private final RetryDelay retryDelay;

  LineStreams(Subscriptions subscriptions, RetryDelay retryDelay) {
    this.subscriptions = subscriptions;
    this.retryDelay = retryDelay;
  }

  @Override
  public String mediaType() {
    return LineTransport.TYPE;
  }

  @Override
  public Set<String> parameters() {
    return Set.of();
  }

  @Override
  public CompletableFuture<HttpResponse<?>> answer(EventsRequest request) {
    return request.connect(
        subscriptions,
        false,
        netty -> new LineTransport(netty, retryDelay),
        new CompletableFuture<>());
  }

  @Override
  public CompletableFuture<HttpResponse<?>> refuse(
      RequestException refusal, @Nullable String lastEventId, Map<String, String> headers) {
    return CompletableFuture.failedFuture(refusal);
  }
}
