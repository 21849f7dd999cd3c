package io.tailwater.system;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The positions that a reader holds, each as the text that it was given with, so that it can hand
 * them to any transport: one of several channels to those that have one for all, and one of each
 * channel to those that have one each. Confined to the reader's thread.
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

  /** What to continue all channels from, null for nothing. */
  @Nullable String all() {
    if (channels.size() == 1 || isOneForAll()) {
      return texts.get(channels.getFirst());
    }
    Map<Channel, Position> each = new HashMap<>();
    for (Channel channel : channels) {
      Position position = position(channel);
      if (position != null) {
        each.put(channel, position);
      }
    }
    return each.isEmpty() ? null : Positions.of(each).toString();
  }

  private boolean isOneForAll() {
    String first = texts.get(channels.getFirst());
    return first != null
        && Positions.isForSeveral(first)
        && channels.stream().allMatch(channel -> first.equals(texts.get(channel)));
  }

  /** Where a channel stands, null if nothing is known of it. */
  @Nullable Position position(Channel channel) {
    String text = texts.get(channel);
    return text == null ? null : of(text, channel);
  }

  /** The position of a channel in a text for one or for several; null if it has none. */
  static @Nullable Position of(String text, Channel channel) {
    return Positions.isForSeveral(text) ? Positions.parse(text).get(channel) : Position.parse(text);
  }
}
