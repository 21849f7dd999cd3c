package io.tailwater.edge.roster;

import io.tailwater.contract.Channel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Confined to the {@link RosterThread}: how many readers channels have at this gateway, and what
 * Redis was told of that.
 */
final class ReaderCounts {
  private Map<Channel, Integer> told = Map.of();

  /** Redis may have forgotten what it was told. */
  void forget() {
    told = Map.of();
  }

  /**
   * What Redis is to be told, now that these are the counts.
   *
   * @return channels, each followed by its count
   */
  List<String> change(Map<Channel, Integer> now) {
    List<String> changed = new ArrayList<>();
    now.forEach(
        (channel, count) -> {
          if (!count.equals(told.get(channel))) {
            changed.add(channel.toString());
            changed.add(Integer.toString(count));
          }
        });
    told.keySet().stream()
        .filter(channel -> !now.containsKey(channel))
        .forEach(channel -> changed.addAll(List.of(channel.toString(), "0")));
    told = new HashMap<>(now);
    return changed;
  }
}
