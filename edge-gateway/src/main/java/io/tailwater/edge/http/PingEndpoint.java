package io.tailwater.edge.http;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;

/** {@code GET /v1/ping}: 204, for clients that measure the round trip. */
@Controller("/v1/ping")
final class PingEndpoint {
  @Get
  HttpResponse<?> ping() {
    return HttpResponse.noContent();
  }
}
