package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.ReadRequest;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a read of a {@link MemoryLog} is about. Immutable.
 *
 * @param key of the channel; null for a pattern
 * @param prefix of a pattern's keys
 */
record MemoryWish(@Nullable String key, String prefix, Set<String> types) {
  static MemoryWish of(ReadRequest request) {
    Set<String> types = Set.copyOf(request.getTypesList());
    return request.hasPattern()
        ? new MemoryWish(null, request.getPattern().getKeyPrefix(), types)
        : new MemoryWish(Channel.parse(request.getChannel()).key(), "", types);
  }

  /** Whether an event is read at all: of a channel, only its own. */
  boolean looksAt(Event event) {
    return key == null || event.getChannelKey().equals(key);
  }

  boolean wants(Event event) {
    return looksAt(event)
        && event.getChannelKey().startsWith(prefix)
        && (types.isEmpty() || types.contains(event.getType()));
  }
}
