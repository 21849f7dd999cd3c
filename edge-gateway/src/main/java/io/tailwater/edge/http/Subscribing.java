package io.tailwater.edge.http;

import io.micronaut.http.HttpParameters;
import io.micronaut.http.HttpRequest;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.log.Start;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What {@code GET /v1/events} asks to read, whatever the transport.
 *
 * @param channels without repetition, in the order of the request
 * @param from where to begin with a channel that no position is handed in for
 * @param header the position of {@code Last-Event-ID}, which wins over {@code after}
 * @param after of one channel or of several; null beside a header
 */
public record Subscribing(
    List<Channel> channels, Start from, @Nullable String header, @Nullable String after) {
  private static final Set<String> PARAMETERS =
      Set.of("channel", "after", "from", "access_token", "ticket");
  private static final Set<String> POLLING = Set.of("wait", "limit", "before");
  private static final String LAST_EVENT_ID = "Last-Event-ID";
  private static final int MAX_LAST = 1_000;

  /**
   * Reads a request.
   *
   * @param maxChannels most channels that it may name
   * @param others the transport's own parameters
   * @throws RequestException which says what is wrong and what is accepted
   */
  public static Subscribing parse(HttpRequest<?> request, int maxChannels, Set<String> others) {
    for (String name : request.getParameters().names()) {
      if (!PARAMETERS.contains(name) && !others.contains(name)) {
        Set<String> accepted = new TreeSet<>(PARAMETERS);
        accepted.addAll(others);
        throw invalid(
            "there is no parameter '"
                + name
                + "' here: "
                + String.join(", ", accepted)
                + (POLLING.contains(name) ? "; it is for polling, Accept: application/json" : ""));
      }
    }
    Set<Channel> channels = new LinkedHashSet<>();
    request.getParameters().getAll("channel").forEach(name -> channels.add(Channel.parse(name)));
    if (channels.isEmpty()) {
      throw new RequestException(
          ErrorCode.INVALID_CHANNEL,
          "name a channel: ?channel=namespace:key, for instance ?channel=chat:lobby");
    }
    if (channels.size() > maxChannels) {
      throw new RequestException(
          ErrorCode.TOO_MANY_SUBSCRIPTIONS,
          channels.size() + " channels are too many for one stream: at most " + maxChannels);
    }
    String header = blankToNull(request.getHeaders().get(LAST_EVENT_ID));
    Subscribing subscribing =
        new Subscribing(
            List.copyOf(channels),
            from(request.getParameters().get("from")),
            header,
            header == null ? after(request.getParameters()) : null);
    if (subscribing.after != null) {
      subscribing.position(subscribing.after, subscribing.channels.getFirst());
    }
    return subscribing;
  }

  /** One position as it is; one for each channel as what they are together. */
  private static @Nullable String after(HttpParameters parameters) {
    List<String> given = parameters.getAll("after");
    if (given.size() < 2) {
      return given.isEmpty() ? null : blankToNull(given.getFirst());
    }
    List<String> names = parameters.getAll("channel");
    if (given.size() != names.size()) {
      throw new RequestException(
          ErrorCode.INVALID_POSITION,
          "'after' comes once, or as often as 'channel', in the same order and empty for a channel without a position: not "
              + given.size()
              + " times for "
              + names.size());
    }
    Map<Channel, Position> positions = new LinkedHashMap<>();
    for (int i = 0; i < given.size(); i++) {
      Channel channel = Channel.parse(names.get(i));
      String text = blankToNull(given.get(i));
      Position position = text == null ? null : parse(text, channel);
      if (position != null) {
        positions.put(channel, position);
      }
    }
    return positions.isEmpty() ? null : Positions.of(positions).toString();
  }

  /** One channel, from its beginning. */
  public static Subscribing all(Channel channel) {
    return new Subscribing(List.of(channel), new Start.Earliest(), null, null);
  }

  /**
   * Where the cursor of one channel begins.
   *
   * @param after the position to continue from, of one channel or of several; empty for none
   * @param from where to begin without one; empty means latest
   * @throws RequestException which says what is accepted
   */
  public static Start start(Channel channel, String after, String from) {
    Start begin = from(blankToNull(from));
    return new Subscribing(List.of(channel), begin, null, blankToNull(after)).start(channel);
  }

  /** Whether it names more than one channel. */
  public boolean several() {
    return channels.size() > 1;
  }

  /** Where the cursor of each channel begins, in the order of the request. */
  public Map<Channel, Start> starts() {
    Map<Channel, Start> starts = new LinkedHashMap<>();
    channels.forEach(channel -> starts.put(channel, start(channel)));
    return starts;
  }

  Start start(Channel channel) {
    if (header != null) {
      try {
        return start(position(header, channel));
      } catch (RequestException e) {
        return new Start.Unreadable();
      }
    }
    return after == null ? from : start(position(after, channel));
  }

  private Start start(@Nullable Position position) {
    return position == null ? from : new Start.After(position);
  }

  private @Nullable Position position(String text, Channel channel) {
    if (several() && !Positions.isForSeveral(text)) {
      throw new RequestException(
          ErrorCode.INVALID_POSITION,
          "this is the position of one channel, and "
              + channels.size()
              + " are asked for: hand in one that begins with m1., or one for each channel");
    }
    return parse(text, channel);
  }

  private static @Nullable Position parse(String text, Channel channel) {
    return Positions.isForSeveral(text) ? Positions.parse(text).get(channel) : Position.parse(text);
  }

  /**
   * Where to begin without a position: {@code latest} if it is null.
   *
   * @throws RequestException which says what is accepted
   */
  public static Start from(@Nullable String text) {
    if (text == null || text.equals("latest")) {
      return new Start.Latest();
    }
    if (text.equals("earliest")) {
      return new Start.Earliest();
    }
    if (text.startsWith("last:")) {
      return new Start.Last(last(text.substring("last:".length())));
    }
    if (text.startsWith("time:")) {
      return new Start.Since(time(text.substring("time:".length())));
    }
    throw invalid("'from' is latest, earliest, last:N or time:T, not '" + text + "'");
  }

  private static int last(String text) {
    try {
      int count = Integer.parseInt(text);
      if (count >= 1 && count <= MAX_LAST) {
        return count;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw invalid("from=last:N takes 1 to " + MAX_LAST + ", not '" + text + "'");
  }

  private static long time(String text) {
    try {
      return text.matches("[0-9]{1,15}")
          ? Long.parseLong(text)
          : OffsetDateTime.parse(text.replace(' ', '+')).toInstant().toEpochMilli();
    } catch (DateTimeException e) {
      throw invalid(
          "from=time:T takes milliseconds since the epoch or RFC 3339, such as 2026-01-31T12:00:00Z");
    }
  }

  private static @Nullable String blankToNull(@Nullable String text) {
    return text == null || text.isBlank() ? null : text.trim();
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
