package io.tailwater.edge.presence;

import io.tailwater.contract.Channel;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.access.Identity;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Who is present in which channel, over all gateways. Any thread; nothing here waits. */
public interface Presence {
  /**
   * A client is present in a channel, until its stay ends.
   *
   * @param namespace of the channel, which has presence
   * @param connection the id of its connection
   * @param wish asks to be present
   * @throws RequestException {@code too_many_connections} if this gateway has no room for more
   */
  Stay enter(
      Channel channel,
      Namespace namespace,
      Identity identity,
      String connection,
      PresenceWish wish);

  /**
   * Shows a client who is present, until it is closed.
   *
   * @param namespace of the channel, which has presence
   */
  Watch watch(Channel channel, Namespace namespace, Watcher watcher);

  /**
   * The number of subscriptions to a channel on all gateways; null if its namespace has no presence
   * or nobody can be asked.
   */
  CompletableFuture<@Nullable Long> readers(Channel channel, Namespace namespace);

  /** One connection of a member. Its first end counts. Any thread. */
  interface Stay {
    /**
     * The member has other information about itself.
     *
     * @param info as {@link PresenceWish#info}
     */
    void change(String info);

    /** The client leaves: its member is gone, unless it has other connections. */
    void leave();

    /** The connection broke: its member stays for the grace of the namespace. */
    void broke();
  }

  /** What shows a client who is present. Any thread. */
  interface Watch extends AutoCloseable {
    @Override
    void close();
  }
}
