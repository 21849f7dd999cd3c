package io.tailwater.edge.loop;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.stream.StreamSupport;

/** The event loops of the HTTP server. Any thread. */
public final class EdgeLoops {
  private final EventLoopGroup group;
  private final long heartbeatMs;
  private final ConcurrentMap<EventLoop, EdgeLoop> loops = new ConcurrentHashMap<>();

  /**
   * @param heartbeatMs a connection's usual time between heartbeats, milliseconds
   */
  public EdgeLoops(EventLoopGroup group, long heartbeatMs) {
    this.group = group;
    this.heartbeatMs = heartbeatMs;
  }

  /** The loop that drives this event loop's connections. */
  public EdgeLoop of(EventLoop loop) {
    return loops.computeIfAbsent(loop, key -> new EdgeLoop(key, heartbeatMs));
  }

  /** Netty's loops, all of them. */
  public List<EventLoop> eventLoops() {
    return StreamSupport.stream(group.spliterator(), false).map(EventLoop.class::cast).toList();
  }

  /** One of the loops, in turn. */
  public EdgeLoop any() {
    return of(group.next());
  }
}
