package io.tailwater.edge.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.serde.ObjectMapper;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.contract.ScopeText;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Tokens;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.request.Query;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/tickets}: a narrowed token for where a header cannot be set. */
@Controller("/v1/tickets")
final class TicketsEndpoint {
  private static final Set<String> PARAMETERS = Set.of(Query.ACCESS_TOKEN, Query.TICKET);
  private static final int MAX_CHANNELS = 32;
  private static final int MAX_BODY_BYTES = 64 << 10;
  private static final int DEFAULT_TTL_S = 3_600;
  private static final int MAX_TTL_S = 7 * 24 * 3_600;

  private final Access access;
  private final Tokens tokens;
  private final Namespaces namespaces;
  private final Bodies bodies;
  private final ObjectMapper json;

  TicketsEndpoint(
      Access access, Tokens tokens, Namespaces namespaces, Bodies bodies, ObjectMapper json) {
    this.access = access;
    this.tokens = tokens;
    this.namespaces = namespaces;
    this.bodies = bodies;
    this.json = json;
  }

  @Serdeable
  record Wish(@Nullable Object channels, @Nullable Object ttl_s) {}

  private static List<String> names(@Nullable Object channels) {
    List<String> names =
        channels == null
            ? List.of()
            : RequestBody.texts("channels", channels).stream().distinct().toList();
    if (names.isEmpty() || names.size() > MAX_CHANNELS) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "'channels' names 1 to " + MAX_CHANNELS + " channels, for instance [\"chat:lobby\"]");
    }
    return names;
  }

  @Serdeable
  record Made(String ticket, long expires_at_ms, String url) {}

  @Post
  @Consumes(MediaType.ALL)
  CompletableFuture<Made> make(HttpRequest<?> request) {
    Query.of(request, PARAMETERS);
    Identity identity = access.identify(request);
    if (identity.ticket() != null) {
      throw new RequestException(
          ErrorCode.FORBIDDEN,
          "a ticket makes no other ticket: use the token that it was made with");
    }
    return bodies
        .read(request, identity, MAX_BODY_BYTES)
        .thenApply(body -> made(request, identity, body));
  }

  private Made made(HttpRequest<?> request, Identity identity, byte[] body) {
    Wish wish = RequestBody.parse(json, body, Wish.class, List.of("channels", "ttl_s"));
    List<String> names = names(wish.channels());
    long ttl =
        wish.ttl_s() == null
            ? DEFAULT_TTL_S
            : RequestBody.whole("ttl_s", wish.ttl_s(), 1, MAX_TTL_S);
    for (String name : names) {
      Scope scope = ScopeText.parse(name);
      identity.requireSubscribe(scope, namespaces.get(scope.namespace()));
    }
    Tokens.Ticket ticket =
        tokens.makeTicket(identity, names, ttl, request.getHeaders().get(HttpHeaders.ORIGIN));
    String url =
        names.stream()
            .map(name -> "channel=" + URLEncoder.encode(name, StandardCharsets.UTF_8))
            .collect(Collectors.joining("&", "/v1/events?", "&ticket=" + ticket.text()));
    return new Made(ticket.text(), ticket.expiresAtMs(), url);
  }
}
