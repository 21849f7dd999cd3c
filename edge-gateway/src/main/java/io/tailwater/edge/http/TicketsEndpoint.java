package io.tailwater.edge.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Post;
import io.micronaut.serde.ObjectMapper;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Tokens;
import io.tailwater.edge.log.Namespaces;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** {@code POST /v1/tickets}: a narrowed token for where a header cannot be set. */
@Controller("/v1/tickets")
final class TicketsEndpoint {
  private static final int MAX_CHANNELS = 32;
  private static final int DEFAULT_TTL_S = 3_600;
  private static final int MAX_TTL_S = 7 * 24 * 3_600;

  private final Access access;
  private final Tokens tokens;
  private final Namespaces namespaces;
  private final ObjectMapper json;

  TicketsEndpoint(Access access, Tokens tokens, Namespaces namespaces, ObjectMapper json) {
    this.access = access;
    this.tokens = tokens;
    this.namespaces = namespaces;
    this.json = json;
  }

  @Serdeable
  record Wish(@Nullable List<String> channels, @Nullable Integer ttl_s) {}

  @Serdeable
  record Made(String ticket, long expires_at_ms, String url) {}

  @Post
  @Consumes(MediaType.ALL)
  Made make(HttpRequest<?> request, @Body @io.micronaut.core.annotation.Nullable byte[] body) {
    Identity identity = access.identify(request);
    Wish wish =
        RequestBody.parse(
            json, body == null ? new byte[0] : body, Wish.class, List.of("channels", "ttl_s"));
    List<String> names =
        wish.channels() == null ? List.of() : wish.channels().stream().distinct().toList();
    if (names.isEmpty() || names.size() > MAX_CHANNELS) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "'channels' names 1 to " + MAX_CHANNELS + " channels, for instance [\"chat:lobby\"]");
    }
    int ttl = wish.ttl_s() == null ? DEFAULT_TTL_S : wish.ttl_s();
    if (ttl < 1 || ttl > MAX_TTL_S) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, "'ttl_s' is 1 to " + MAX_TTL_S + " seconds");
    }
    for (String name : names) {
      Channel channel = Channel.parse(name);
      identity.requireSubscribe(channel, namespaces.get(channel.namespace()));
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
