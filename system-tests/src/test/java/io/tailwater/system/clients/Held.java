package io.tailwater.system.clients;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.PartitionPositions;
import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.Partitioner;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The positions that a reader holds, each as the text that it was given with, so that it can hand
 * them to any transport: the one of all channels and patterns that came last, or the one that each
 * has. Confined to the reader's thread.
 */
public final class Held {
  private final List<Scope> scopes;
  private final Map<Scope, String> texts = new HashMap<>();
  private boolean told;

  /**
   * @param after what the reader begins with, null for nothing
   */
  Held(List<Scope> scopes, @Nullable String after) {
    this.scopes = scopes;
    if (after != null) {
      scopes.forEach(scope -> texts.put(scope, after));
    }
  }

  /** A position for everything came. */
  void all(String text) {
    told = true;
    scopes.forEach(scope -> texts.put(scope, text));
  }

  /** A position of one channel or pattern came. */
  void one(Scope scope, String text) {
    told = true;
    texts.put(scope, text);
  }

  /** Whether any came from the server yet. */
  boolean told() {
    return told;
  }

  /** What to continue a channel or pattern from, null for nothing. */
  @Nullable String one(Scope scope) {
    return texts.get(scope);
  }

  /** One text to continue everything from, null if there is none. */
  @Nullable String all() {
    return scopes.size() == 1 || isOneForAll() ? texts.get(scopes.getFirst()) : null;
  }

  /**
   * What to hand in as {@code after}: nothing, one for all, or one for each of them in their order,
   * empty where nothing is known.
   */
  List<String> after() {
    String all = all();
    if (all != null) {
      return List.of(all);
    }
    return texts.isEmpty()
        ? List.of()
        : scopes.stream().map(scope -> texts.getOrDefault(scope, "")).toList();
  }

  private boolean isOneForAll() {
    String first = texts.get(scopes.getFirst());
    return first != null
        && Positions.isForSeveral(first)
        && scopes.stream().allMatch(scope -> first.equals(texts.get(scope)));
  }

  /** The position of a channel in a text for what it is read by; null if it has none. */
  public static @Nullable Position of(String text, Channel channel, Scope scope) {
    if (PartitionPositions.isForPattern(text)) {
      return of(PartitionPositions.parse(text), channel);
    }
    if (!Positions.isForSeveral(text)) {
      return Position.parse(text);
    }
    return switch (scope) {
      case Channel same -> Positions.parse(text).get(same);
      case ChannelPattern pattern -> of(Positions.parse(text).get(pattern), channel);
    };
  }

  private static @Nullable Position of(@Nullable PartitionPositions positions, Channel channel) {
    return positions == null ? null : positions.get(partition(channel, positions.partitions()));
  }

  /** The partition of a channel in a namespace of the usual partitioner. */
  static int partition(Channel channel, int partitions) {
    return HomePartition.of(Partitioner.MURMUR2, channel.keyBytes(), partitions);
  }
}
