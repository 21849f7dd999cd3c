package io.tailwater.edge.websocket;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Any thread: gives a bounded number of connections a {@link ClientContext}. Clients built on Netty
 * accept no other answer to their offer; browsers do, so those beyond the bound are not refused.
 */
final class ClientContexts {
  private final int max;
  private final AtomicInteger used = new AtomicInteger();

  ClientContexts(int max, MeterRegistry meters) {
    this.max = max;
    meters.gauge("tailwater.edge.ws.contexts", used);
  }

  /**
   * A context for a connection, until it is closed.
   *
   * @return null if all are in use
   */
  @Nullable ClientContext take(Channel netty) {
    if (used.incrementAndGet() > max) {
      used.decrementAndGet();
      return null;
    }
    ClientContext context = new ClientContext();
    netty
        .closeFuture()
        .addListener(
            closed -> {
              used.decrementAndGet();
              context.end();
            });
    return context;
  }
}
