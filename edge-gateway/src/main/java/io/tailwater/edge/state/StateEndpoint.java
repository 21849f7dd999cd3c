package io.tailwater.edge.state;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.tailwater.client.ChannelLog;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.StateKind;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.contract.v1.StateRequest;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.connection.StateJson;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.StartText;
import io.tailwater.edge.request.Query;
import java.io.IOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** {@code GET /v1/state}: what the events of a channel have come to, page by page. */
@Controller("/v1/state")
final class StateEndpoint {
  private static final Set<String> PARAMETERS =
      Set.of(
          "channel", "entry", "prefix", "limit", "after", "min", Query.ACCESS_TOKEN, Query.TICKET);
  private static final int MAX_LIMIT = 1_000;
  private static final String WEAK = "W/";
  private static final String ANY = "*";

  private final Access access;
  private final Namespaces namespaces;
  private final Authority authority;
  private final ChannelLog log;

  StateEndpoint(Access access, Namespaces namespaces, Authority authority, ChannelLog log) {
    this.access = access;
    this.namespaces = namespaces;
    this.authority = authority;
    this.log = log;
  }

  @Get
  CompletableFuture<HttpResponse<?>> state(HttpRequest<?> request) {
    Query query = Query.of(request, PARAMETERS);
    Channel channel = query.channel();
    Identity identity = access.identify(request);
    Namespace namespace = namespaces.get(channel.namespace());
    identity.requireSubscribe(channel, namespace);
    if (namespace.getState() == StateKind.STATE_NONE) {
      throw invalid("the channels of " + namespace.getName() + " have no state");
    }
    String entry = query.one("entry");
    StateRequest wish = wish(query, channel, entry);
    List<String> known = request.getHeaders().getAll(HttpHeaders.IF_NONE_MATCH);
    return authority
        .subscribe(identity, channel, namespace)
        .thenCompose(allowed -> log.state(wish))
        .thenApply(page -> answer(channel, namespace, entry, wish, page, known));
  }

  private static StateRequest wish(Query query, Channel channel, @Nullable String entry) {
    StateRequest.Builder wish =
        StateRequest.newBuilder()
            .setChannel(channel.toString())
            .setLimit(query.bounded("limit", 1, MAX_LIMIT, MAX_LIMIT));
    String prefix = query.one("prefix");
    String after = query.one("after");
    String min = query.one("min");
    if (entry != null) {
      if (prefix != null || after != null) {
        throw invalid("'entry' is one entry, so there is no 'prefix' or 'after' with it");
      }
      wish.setEntry(entry);
    }
    if (prefix != null) {
      wish.setPrefix(prefix);
    }
    if (after != null) {
      wish.setAfter(next(after));
    }
    if (min != null) {
      Position position = min(min.trim(), channel);
      wish.setMin(
          io.tailwater.contract.v1.Position.newBuilder()
              .setEpoch(position.epoch().text())
              .setOffset(position.offset()));
    }
    return wish.build();
  }

  private static Position min(String text, Channel channel) {
    if (StartText.after(text, channel) instanceof Start.After(Position position)) {
      return position;
    }
    throw new RequestException(
        ErrorCode.INVALID_POSITION, "'min' is a position of this channel, such as an event's id");
  }

  private static ByteString next(String text) {
    try {
      return ByteString.copyFrom(Base64.getUrlDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      throw invalid("'after' is 'next' of the page before, as it was given");
    }
  }

  private static HttpResponse<?> answer(
      Channel channel,
      Namespace namespace,
      @Nullable String entry,
      StateRequest wish,
      StatePage page,
      List<String> known) {
    if (namespace.getPlatformOnly() && !page.getKnown()) {
      throw new RequestException(ErrorCode.NOT_FOUND, "nothing is left of " + channel);
    }
    Epoch epoch = new Epoch(page.getEpoch());
    if (entry != null && page.getEntriesCount() == 0) {
      throw new RequestException(
          ErrorCode.NOT_FOUND, "the state of " + channel + " has no entry of this name");
    }
    // Later pages may be of a later state, and so have no tag.
    String tag =
        !wish.getAfter().isEmpty()
            ? null
            : entry == null
                ? tag(page, namespace)
                : new Position(epoch, page.getEntries(0).getVersion()).toString();
    if (tag != null && matches(tag, known)) {
      return HttpResponse.notModified().header(HttpHeaders.ETAG, quoted(tag));
    }
    var answer =
        HttpResponse.ok(JsonText.object(json -> write(page, epoch, json)))
            .contentType(MediaType.APPLICATION_JSON_TYPE);
    return tag == null ? answer : answer.header(HttpHeaders.ETAG, quoted(tag));
  }

  /** Retention takes entries away without an event, and the newest text has no event of its own. */
  private static String tag(StatePage page, Namespace namespace) {
    String position = page.getEpoch() + "-" + page.getPosition();
    String kept = namespace.getRetentionForever() ? "" : "." + page.getEarliest();
    return page.getKind() == StateKind.STATE_TEXT
        ? position + kept + "." + page.getStatus()
        : position + kept;
  }

  private static void write(StatePage page, Epoch epoch, JsonGenerator json) throws IOException {
    json.writeStringField("position", new Position(epoch, page.getPosition()).toString());
    StateJson.content(page, json);
    if (!page.getNext().isEmpty()) {
      json.writeStringField(
          "next",
          Base64.getUrlEncoder().withoutPadding().encodeToString(page.getNext().toByteArray()));
    }
  }

  private static boolean matches(String tag, List<String> known) {
    return known.stream()
        .flatMap(line -> Arrays.stream(line.split(",")))
        .map(String::trim)
        .map(one -> one.startsWith(WEAK) ? one.substring(WEAK.length()) : one)
        .anyMatch(one -> one.equals(ANY) || one.equals(quoted(tag)) || one.equals(tag));
  }

  private static String quoted(String tag) {
    return "\"" + tag + "\"";
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
