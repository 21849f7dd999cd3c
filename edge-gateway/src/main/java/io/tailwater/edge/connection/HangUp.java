package io.tailwater.edge.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;

/**
 * Confined to the connection's event loop: watches for a client that leaves before its answer. The
 * Netty channel can outlive the answer, so the watch has to end with it.
 */
public final class HangUp {
  private final Channel netty;
  private final ChannelFutureListener listener;

  /**
   * Begins to watch.
   *
   * @param gone called once if the client leaves before {@link #ignore}
   */
  public HangUp(Channel netty, Runnable gone) {
    this.netty = netty;
    this.listener = closed -> gone.run();
    netty.closeFuture().addListener(listener);
  }

  /** Ends the watch. */
  public void ignore() {
    netty.closeFuture().removeListener(listener);
  }
}
