package io.tailwater.edge;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The event loops of the HTTP server, each with what it keeps for its sessions. Any thread. */
final class EdgeLoops {
  private final EventLoopGroup group;
  private final long heartbeatMs;
  private final ConcurrentMap<EventLoop, EdgeLoop> loops = new ConcurrentHashMap<>();

  EdgeLoops(EventLoopGroup group, long heartbeatMs) {
    this.group = group;
    this.heartbeatMs = heartbeatMs;
  }

  EdgeLoop of(EventLoop loop) {
    return loops.computeIfAbsent(loop, key -> new EdgeLoop(key, heartbeatMs));
  }

  EdgeLoop any() {
    return of(group.next());
  }
}
