package io.tailwater.edge.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpMethod;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ResponseFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.tailwater.edge.access.Origins;
import org.jspecify.annotations.Nullable;

/** Answers preflights, and puts the headers of the contract on every answer. */
@ServerFilter("/**")
final class CorsFilter {
  private final Origins origins;

  CorsFilter(Origins origins) {
    this.origins = origins;
  }

  @RequestFilter
  @Nullable HttpResponse<?> preflight(HttpRequest<?> request) {
    boolean preflight =
        request.getMethod() == HttpMethod.OPTIONS
            && request.getHeaders().contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD);
    if (!preflight) {
      return null;
    }
    MutableHttpResponse<?> answer = HttpResponse.noContent();
    if (!origins.headers(request.getHeaders().get(HttpHeaders.ORIGIN)).isEmpty()) {
      Origins.preflight().forEach(answer::header);
    }
    return answer;
  }

  @ResponseFilter
  void headers(HttpRequest<?> request, MutableHttpResponse<?> response) {
    origins.headers(request.getHeaders().get(HttpHeaders.ORIGIN)).forEach(response::header);
    if (!response.getHeaders().contains(HttpHeaders.CACHE_CONTROL)) {
      response.header(HttpHeaders.CACHE_CONTROL, "no-store, no-transform");
    }
    response.header("X-Accel-Buffering", "no");
    response.header(HttpHeaders.VARY, "Accept, Origin");
  }
}
