package io.tailwater.edge.feed;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Confined to the loop of its feed: finds the tails that want the events of a channel. A pattern is
 * found by the prefix of the key, so that the effort depends on how many lengths of prefixes there
 * are, not on how many patterns.
 */
final class TailIndex {
  private final Map<String, List<Tail>> byKey = new HashMap<>();
  private final Map<String, List<Tail>> byPrefix = new HashMap<>();

  /** How many tails have a prefix of each length. */
  private final NavigableMap<Integer, Integer> lengths = new TreeMap<>();

  void add(Tail tail) {
    switch (tail.selection().scope()) {
      case Channel channel -> add(byKey, channel.key(), tail);
      case ChannelPattern pattern -> {
        add(byPrefix, pattern.prefix(), tail);
        lengths.merge(pattern.prefix().length(), 1, Integer::sum);
      }
    }
  }

  void remove(Tail tail) {
    switch (tail.selection().scope()) {
      case Channel channel -> remove(byKey, channel.key(), tail);
      case ChannelPattern pattern -> {
        remove(byPrefix, pattern.prefix(), tail);
        lengths.computeIfPresent(
            pattern.prefix().length(), (length, count) -> count == 1 ? null : count - 1);
      }
    }
  }

  /** The tails that want events of this channel. */
  List<Tail> of(String channelKey) {
    List<Tail> ofChannel = byKey.getOrDefault(channelKey, List.of());
    if (lengths.isEmpty()) {
      return ofChannel;
    }
    List<Tail> found = new ArrayList<>(ofChannel);
    for (int length : lengths.headMap(channelKey.length(), true).keySet()) {
      found.addAll(byPrefix.getOrDefault(channelKey.substring(0, length), List.of()));
    }
    return found;
  }

  private static void add(Map<String, List<Tail>> index, String key, Tail tail) {
    index.computeIfAbsent(key, missing -> new ArrayList<>(1)).add(tail);
  }

  private static void remove(Map<String, List<Tail>> index, String key, Tail tail) {
    index.computeIfPresent(
        key,
        (same, tails) -> {
          tails.remove(tail);
          return tails.isEmpty() ? null : tails;
        });
  }
}
