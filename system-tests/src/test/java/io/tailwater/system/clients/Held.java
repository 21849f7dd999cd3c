package io.tailwater.system.clients;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The positions that a reader holds, each as the text that it was given with, so that it can hand
 * them to any transport: the one of all channels that came last, or the one that each has. Confined
 * to the reader's thread.
 */
final class Held {
  private final List<Channel> channels;
  private final Map<Channel, String> texts = new HashMap<>();
  private boolean told;

  /**
   * @param after what the reader begins with, null for nothing
   */
  Held(List<Channel> channels, @Nullable String after) {
    this.channels = channels;
    if (after != null) {
      channels.forEach(channel -> texts.put(channel, after));
    }
  }

  /** A position for all channels came. */
  void all(String text) {
    told = true;
    channels.forEach(channel -> texts.put(channel, text));
  }

  /** A position of one channel came. */
  void one(Channel channel, String text) {
    told = true;
    texts.put(channel, text);
  }

  /** Whether any came from the server yet. */
  boolean told() {
    return told;
  }

  /** What to continue a channel from, null for nothing. */
  @Nullable String one(Channel channel) {
    return texts.get(channel);
  }

  /** One text to continue all channels from, null if there is none. */
  @Nullable String all() {
    return channels.size() == 1 || isOneForAll() ? texts.get(channels.getFirst()) : null;
  }

  /**
   * What to hand in as {@code after}: nothing, one for all channels, or one for each of them in
   * their order, empty where nothing is known.
   */
  List<String> after() {
    String all = all();
    if (all != null) {
      return List.of(all);
    }
    return texts.isEmpty()
        ? List.of()
        : channels.stream().map(channel -> texts.getOrDefault(channel, "")).toList();
  }

  private boolean isOneForAll() {
    String first = texts.get(channels.getFirst());
    return first != null
        && Positions.isForSeveral(first)
        && channels.stream().allMatch(channel -> first.equals(texts.get(channel)));
  }

  /** The position of a channel in a text for one or for several; null if it has none. */
  static @Nullable Position of(String text, Channel channel) {
    return Positions.isForSeveral(text) ? Positions.parse(text).get(channel) : Position.parse(text);
  }
}
