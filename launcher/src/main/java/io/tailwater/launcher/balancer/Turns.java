package io.tailwater.launcher.balancer;

import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Gives connections to the gateways in turn. Safe for use by several threads. */
final class Turns {
  private final List<InetSocketAddress> gateways;
  private final AtomicInteger next = new AtomicInteger();

  Turns(List<InetSocketAddress> gateways) {
    this.gateways = List.copyOf(gateways);
  }

  /** The index of the next gateway in turn. */
  int take() {
    return Math.floorMod(next.getAndIncrement(), gateways.size());
  }

  /** The gateway with this index; an index beyond the last one begins again at the first. */
  InetSocketAddress at(int index) {
    return gateways.get(Math.floorMod(index, gateways.size()));
  }

  int size() {
    return gateways.size();
  }
}
