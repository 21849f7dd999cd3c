package io.tailwater.edge.loop;

import io.grpc.Channel;
import io.netty.channel.EventLoop;
import io.tailwater.client.ServiceChannel;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * The channels to the event-cores, of which each event loop has its own: a publication leaves on
 * the loop that has read it, and its verdict comes back there. All other threads share one. Any
 * thread.
 */
public final class LoopChannels implements Supplier<Channel>, AutoCloseable {
  private final List<Of> loops;
  private final Channel others;

  /**
   * @param open opens the channel of a loop
   * @param others of all threads that are no loop; not closed with these
   */
  public LoopChannels(
      List<EventLoop> loops, Function<EventLoop, ServiceChannel> open, Channel others) {
    this.loops = loops.stream().map(loop -> new Of(loop, open.apply(loop))).toList();
    this.others = others;
  }

  private record Of(EventLoop loop, ServiceChannel channel) {}

  /** The channel of the calling thread. */
  @Override
  public Channel get() {
    for (int i = 0; i < loops.size(); i++) {
      Of each = loops.get(i);
      if (each.loop.inEventLoop()) {
        return each.channel;
      }
    }
    return others;
  }

  @Override
  public void close() {
    loops.forEach(each -> each.channel.close());
  }
}
