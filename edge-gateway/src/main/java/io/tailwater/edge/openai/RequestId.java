package io.tailwater.edge.openai;

import io.micronaut.http.HttpRequest;
import io.tailwater.edge.http.Takeover;
import java.util.concurrent.atomic.AtomicLong;

/** Names requests, so that their users can find them in logs. */
final class RequestId {
  /** The header of requests and responses. */
  static final String HEADER = "x-request-id";

  private static final AtomicLong COUNT = new AtomicLong();

  private RequestId() {}

  /** What a proxy calls the request, or a name after its connection and a running number. */
  static String of(HttpRequest<?> request) {
    String given = request.getHeaders().get(HEADER);
    return given != null && given.matches("[A-Za-z0-9_-]{1,64}")
        ? given
        : "req-" + Takeover.connection(request).id().asShortText() + "-" + COUNT.incrementAndGet();
  }
}
