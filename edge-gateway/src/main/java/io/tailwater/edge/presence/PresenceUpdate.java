package io.tailwater.edge.presence;

import io.tailwater.contract.Channel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What watchers of a channel are told: a block of who is present, or what has changed. Immutable.
 *
 * @param count how many members the channel has
 * @param stale whether it is not known who has left, since Redis is or was away
 * @param state the block of a state; null for a change
 * @param joined the members that have come
 * @param left the subjects of those that have gone
 * @param changed those whose information has changed
 * @param json the same as a JSON object, UTF-8; not to be changed
 */
public record PresenceUpdate(
    Channel channel,
    int count,
    boolean stale,
    @Nullable Block state,
    List<Member> joined,
    List<String> left,
    List<Member> changed,
    byte[] json) {
  /**
   * A block of the state of a channel.
   *
   * @param first whether what was known before is void
   * @param more whether further blocks follow
   * @param members null if they are only counted
   */
  public record Block(boolean first, boolean more, @Nullable List<Member> members) {}
}
