package io.tailwater.edge.connection;

import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.AttributeKey;

/**
 * Notifies whoever answers a request that its client sends no more, though it may still read.
 * Confined to the connection's event loop.
 */
public final class InputEnd {
  private static final AttributeKey<Runnable> ACTION =
      AttributeKey.valueOf(InputEnd.class, "action");

  private InputEnd() {}

  /** Whether the client sends no more. */
  public static boolean isReached(Channel netty) {
    return netty instanceof DuplexChannel duplex && duplex.isInputShutdown();
  }

  /** Runs this once the client sends no more, at once if that is so already. */
  public static void onReached(Channel netty, Runnable action) {
    if (isReached(netty)) {
      action.run();
    } else {
      netty.attr(ACTION).set(action);
    }
  }

  /** Forgets what was to run. */
  public static void ignore(Channel netty) {
    netty.attr(ACTION).set(null);
  }

  /** The client sends no more. */
  public static void reached(Channel netty) {
    Runnable action = netty.attr(ACTION).getAndSet(null);
    if (action != null) {
      action.run();
    }
  }
}
