package io.tailwater.edge.http;

import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * Answers preflights, whatever their path: a page learns what is wrong with its path from the
 * request itself, which a browser sends only after the preflight has succeeded. {@link
 * AnswerHeaders} says what the page may send.
 */
@ServerFilter("/**")
final class Preflights {
  /** Where all preflights go, since the URL that they name may not even be readable. */
  private static final String PATH = "/";

  /** Whether it asks if a page may send another request. */
  static boolean isPreflight(HttpRequest request) {
    return request.method().equals(io.netty.handler.codec.http.HttpMethod.OPTIONS)
        && request.headers().contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
  }

  /** Makes a preflight one that can be routed. */
  static void redirect(HttpRequest preflight) {
    preflight.setUri(PATH);
    preflight.setDecoderResult(DecoderResult.SUCCESS);
  }

  @RequestFilter
  @Nullable HttpResponse<?> answer(io.micronaut.http.HttpRequest<?> request) {
    return request.getMethod() == HttpMethod.OPTIONS
            && request.getHeaders().contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD)
        ? HttpResponse.noContent()
        : null;
  }
}
