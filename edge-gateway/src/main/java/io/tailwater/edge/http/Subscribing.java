package io.tailwater.edge.http;

import io.micronaut.http.HttpParameters;
import io.micronaut.http.HttpRequest;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.StartText;
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
  static final String LAST_EVENT_ID = "Last-Event-ID";

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
    for (String name : request.getParameters().names()) {
      if (!PARAMETERS.contains(name) && !own.contains(name)) {
        Set<String> accepted = new TreeSet<>(PARAMETERS);
        accepted.addAll(own);
        throw invalid(
            "there is no parameter '"
                + name
                + "' here: "
                + String.join(", ", accepted)
                + (elsewhere.containsKey(name)
                    ? "; it goes with Accept: " + elsewhere.get(name)
                    : ""));
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
            StartText.from(request.getParameters().get("from")),
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
      Position position = text == null ? null : StartText.position(text, channel);
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
    return StartText.position(text, channel);
  }

  private static @Nullable String blankToNull(@Nullable String text) {
    return text == null || text.isBlank() ? null : text.trim();
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
