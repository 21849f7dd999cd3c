package io.tailwater.edge.http;

import io.micronaut.http.HttpRequest;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Positions;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.contract.ScopeText;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.SnapshotText;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.StartText;
import io.tailwater.edge.log.TypesText;
import io.tailwater.edge.request.Once;
import io.tailwater.edge.request.Query;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What {@code GET /v1/events} asks to read, whatever the transport.
 *
 * @param starts where to begin, for each channel and pattern, without repetition and in the order
 *     of the request
 */
public record Subscribing(Map<Selection, Start> starts) {
  private static final Set<String> PARAMETERS =
      Set.of(
          "channel", "after", "from", "types", "present", "info", Query.ACCESS_TOKEN, Query.TICKET);
  private static final String LAST_EVENT_ID = "Last-Event-ID";

  /** How polyfills of EventSource send the header where they cannot set one. */
  private static final List<String> IN_ITS_PLACE =
      List.of("lastEventId", "last_event_id", "lastEventID");

  /** Most patterns that a connection reads, whatever its transport. */
  public static final int MAX_PATTERNS = 4;

  /**
   * Reads a request.
   *
   * @param maxChannels most channels that it may name
   * @param own the transport's own parameters
   * @param elsewhere parameters of other transports, with the media type that selects each
   * @throws RequestException which says what is wrong and what is accepted
   */
  public static Subscribing parse(
      HttpRequest<?> request, int maxChannels, Set<String> own, Map<String, String> elsewhere) {
    Query query = Query.of(request);
    requireKnown(query, own, elsewhere);
    Map<Scope, String> afters = new LinkedHashMap<>();
    List<String> names = query.all("channel");
    names.forEach(name -> afters.put(ScopeText.parse(name), ""));
    requireBounds(afters.keySet(), maxChannels);
    Start from = StartText.from(query.one("from"));
    Set<String> types = TypesText.parse(query.one("types"));
    Once.header(request, LAST_EVENT_ID);
    String header = Objects.requireNonNullElse(lastEventId(request), "");
    if (header.isEmpty()) {
      placeAfters(names, query.all("after"), afters);
    }
    Map<Selection, Start> starts = new LinkedHashMap<>();
    afters.forEach(
        (scope, after) ->
            starts.put(
                new Selection(scope, types),
                header.isEmpty()
                    ? start(after.trim(), scope, from)
                    : startOfHeader(header, scope, afters.size(), from)));
    return new Subscribing(starts);
  }

  private static void requireKnown(Query query, Set<String> own, Map<String, String> elsewhere) {
    Set<String> accepted = new HashSet<>(PARAMETERS);
    accepted.addAll(own);
    Set<String> known = new HashSet<>(accepted);
    known.addAll(IN_ITS_PLACE);
    query
        .unknown(known)
        .ifPresent(
            name ->
                Query.refuse(
                    name,
                    accepted,
                    elsewhere.containsKey(name)
                        ? "; it goes with Accept: " + elsewhere.get(name)
                        : ""));
  }

  /** The position of a client that reconnects, as it came; null if there is none. */
  static @Nullable String lastEventId(HttpRequest<?> request) {
    String header = request.getHeaders().get(LAST_EVENT_ID);
    if (header != null && !header.isBlank()) {
      return header.trim();
    }
    // A library that adds a parameter at each reconnect leaves the older ones where they are.
    return IN_ITS_PLACE.stream()
        .flatMap(name -> request.getParameters().getAll(name).stream())
        .filter(id -> !id.isBlank())
        .reduce((older, newer) -> newer)
        .map(String::trim)
        .orElse(null);
  }

  private static void requireBounds(Set<Scope> scopes, int maxChannels) {
    if (scopes.isEmpty()) {
      throw new RequestException(
          ErrorCode.INVALID_CHANNEL,
          "name a channel: ?channel=namespace:key, for instance ?channel=chat:lobby");
    }
    if (scopes.size() > maxChannels) {
      throw tooMany(
          scopes.size() + " channels are too many for one stream: at most " + maxChannels);
    }
    long patterns = scopes.stream().filter(ChannelPattern.class::isInstance).count();
    if (patterns > MAX_PATTERNS) {
      throw tooMany(patterns + " patterns are too many for one stream: at most " + MAX_PATTERNS);
    }
  }

  /**
   * One position is for all; several belong to the channels in the same places. Of a single channel
   * the last counts: a client that reconnects to its own URL adds one each time.
   */
  private static void placeAfters(
      List<String> names, List<String> given, Map<Scope, String> afters) {
    if (given.isEmpty()) {
      return;
    }
    if (given.size() == 1 || names.size() == 1) {
      String only = given.getLast();
      if (!only.isBlank()) {
        requireForAll(only.trim(), afters.size());
      }
      afters.replaceAll((scope, none) -> only);
      return;
    }
    if (given.size() != names.size()) {
      throw new RequestException(
          ErrorCode.INVALID_POSITION,
          "'after' comes once, or as often as 'channel', in the same order and empty for a channel without a position: not "
              + given.size()
              + " times for "
              + names.size());
    }
    for (int i = 0; i < given.size(); i++) {
      if (!given.get(i).isBlank()) {
        afters.put(ScopeText.parse(names.get(i)), given.get(i));
      }
    }
  }

  private static Start startOfHeader(String header, Scope scope, int scopes, Start from) {
    try {
      requireForAll(header, scopes);
      return start(header, scope, from);
    } catch (RequestException e) {
      return StartText.resumed(new Start.Unreadable(), from);
    }
  }

  private static Start start(String after, Scope scope, Start from) {
    return after.isEmpty() ? from : StartText.begin(after, scope, from);
  }

  private static void requireForAll(String position, int scopes) {
    if (scopes > 1 && !Positions.isForSeveral(position) && !SnapshotText.isOne(position)) {
      throw new RequestException(
          ErrorCode.INVALID_POSITION,
          "this is the position of one channel, and "
              + scopes
              + " are asked for: hand in one that begins with m1., or one for each channel");
    }
  }

  /**
   * One channel, after the position of a client that returns.
   *
   * @param lastEventId the position as it came; null for none
   * @param from where to begin without one
   */
  public static Subscribing after(Channel channel, @Nullable String lastEventId, Start from) {
    String header = Objects.requireNonNullElse(lastEventId, "").trim();
    Start start = header.isEmpty() ? from : startOfHeader(header, channel, 1, from);
    return new Subscribing(Map.of(Selection.of(channel), start));
  }

  private static RequestException tooMany(String message) {
    return new RequestException(ErrorCode.TOO_MANY_SUBSCRIPTIONS, message);
  }
}
