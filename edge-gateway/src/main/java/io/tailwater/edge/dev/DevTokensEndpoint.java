package io.tailwater.edge.dev;

import io.micronaut.context.annotation.Requires;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.serde.ObjectMapper;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Grant;
import io.tailwater.edge.access.Tokens;
import io.tailwater.edge.http.Bodies;
import io.tailwater.edge.http.RequestBody;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/dev/tokens}: any token for whoever asks, as {@code tailwater token} makes them.
 */
@Controller("/v1/dev/tokens")
@Requires(property = "tailwater.edge.dev", value = "true")
final class DevTokensEndpoint {
  private static final int MAX_BODY_BYTES = 64 << 10;
  private static final int TTL_S = 3_600;
  private static final int MAX_TTL_S = 30 * 24 * 3_600;

  private final Access access;
  private final Bodies bodies;
  private final Tokens tokens;
  private final ObjectMapper json;

  DevTokensEndpoint(Access access, Bodies bodies, Tokens tokens, ObjectMapper json) {
    this.access = access;
    this.bodies = bodies;
    this.tokens = tokens;
    this.json = json;
  }

  @Serdeable
  record Wish(
      @Nullable Object subject,
      @Nullable Object subscribe,
      @Nullable Object publish,
      @Nullable Object call,
      @Nullable Object ttl_s) {}

  @Serdeable
  record Made(String token, String subject, long expires_at_ms) {}

  @Post
  CompletableFuture<HttpResponse<Made>> make(HttpRequest<?> request) {
    access.requireOwnPage(request);
    return bodies.read(request, access.identify(request), MAX_BODY_BYTES).thenApply(this::make);
  }

  private HttpResponse<Made> make(byte[] body) {
    Wish wish =
        RequestBody.parse(
            json, body, Wish.class, List.of("subject", "subscribe", "publish", "call", "ttl_s"));
    String subject = RequestBody.text("subject", wish.subject());
    Tokens.Signed token =
        tokens.make(
            subject,
            new Grant(
                patterns("subscribe", wish.subscribe()),
                patterns("publish", wish.publish()),
                patterns("call", wish.call())),
            wish.ttl_s() == null ? TTL_S : RequestBody.whole("ttl_s", wish.ttl_s(), 1, MAX_TTL_S));
    return HttpResponse.ok(new Made(token.text(), subject, token.expiresAtMs()))
        .header(HttpHeaders.CACHE_CONTROL, "no-store");
  }

  private static List<String> patterns(String name, @Nullable Object value) {
    return value == null ? List.of() : RequestBody.texts(name, value);
  }
}
