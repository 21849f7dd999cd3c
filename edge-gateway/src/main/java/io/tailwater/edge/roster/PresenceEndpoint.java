package io.tailwater.edge.roster;

import com.fasterxml.jackson.core.JsonGenerator;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.PresenceKind;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.presence.PresenceWish;
import io.tailwater.edge.request.Query;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** {@code /v1/presence}: who is present in a channel, and leaving it. */
@Controller("/v1/presence")
final class PresenceEndpoint {
  private static final Set<String> READING =
      Set.of("channel", "limit", "after", Query.ACCESS_TOKEN, Query.TICKET);
  private static final Set<String> LEAVING = Set.of("channel", Query.ACCESS_TOKEN, Query.TICKET);
  private static final int LIMIT = 100;
  private static final int MAX_LIMIT = 1_000;

  private final Access access;
  private final Namespaces namespaces;
  private final Roster roster;

  PresenceEndpoint(Access access, Namespaces namespaces, Roster roster) {
    this.access = access;
    this.namespaces = namespaces;
    this.roster = roster;
  }

  @Get
  CompletableFuture<HttpResponse<?>> present(HttpRequest<?> request) {
    Query query = Query.of(request, READING);
    Channel channel = query.channel();
    int limit = query.bounded("limit", 1, MAX_LIMIT, LIMIT);
    String after = subject(query.text("after"));
    Namespace namespace = attended(channel, access.identify(request));
    boolean listed = namespace.getPresence() == PresenceKind.PRESENCE_MEMBERS;
    return roster
        .present(channel, after, limit)
        .thenApply(present -> answer(json -> write(present, listed, json)));
  }

  private static void write(Roster.Present present, boolean listed, JsonGenerator json)
      throws IOException {
    json.writeNumberField("count", present.count());
    json.writeNumberField("connections", present.connections());
    if (present.stale()) {
      json.writeBooleanField("stale", true);
    }
    if (listed) {
      UpdateJson.members("members", present.members(), json);
      if (present.more()) {
        json.writeStringField("next", next(present.members().getLast().subject()));
      }
    }
  }

  /** What {@code sendBeacon} can send: it sets no headers, and its body means nothing. */
  @Post("/leave")
  @Consumes(MediaType.ALL)
  CompletableFuture<HttpResponse<?>> leave(HttpRequest<?> request) {
    Channel channel = Query.of(request, LEAVING).channel();
    Identity identity = access.identify(request);
    Namespace namespace = attended(channel, identity);
    if (identity.anonymous()) {
      throw new RequestException(
          ErrorCode.UNAUTHORIZED,
          "a token is needed to leave: clients without one leave when their connection ends");
    }
    return roster
        .leave(channel, identity.subject(), namespace.getPresenceGraceMs())
        .thenApply(done -> HttpResponse.noContent());
  }

  private Namespace attended(Channel channel, Identity identity) {
    Namespace namespace = namespaces.get(channel.namespace());
    identity.requireSubscribe(channel, namespace);
    if (!PresenceWish.isPossible(channel, namespace)) {
      throw PresenceWish.impossible(channel, namespace);
    }
    return namespace;
  }

  private static String next(String subject) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(subject.getBytes(StandardCharsets.UTF_8));
  }

  private static String subject(String next) {
    try {
      return new String(Base64.getUrlDecoder().decode(next), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, "'after' is 'next' of the page before, as it was given");
    }
  }

  private static HttpResponse<?> answer(JsonText.Fields fields) {
    return HttpResponse.ok(JsonText.object(fields))
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .header(HttpHeaders.CACHE_CONTROL, "no-store");
  }
}
