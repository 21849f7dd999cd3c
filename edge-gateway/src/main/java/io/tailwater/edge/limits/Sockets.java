package io.tailwater.edge.limits;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import java.net.SocketAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Counts accepted sockets by address, from the first moment on, whatever comes over them. Those of
 * trusted proxies are not limited, since they stand for many clients. Any thread.
 */
public final class Sockets {
  private final EdgeLimits limits;
  private final Function<SocketAddress, @Nullable String> clients;
  private final MeterRegistry meters;
  private final AtomicLong all = new AtomicLong();

  /** Of addresses with an open socket. */
  private final ConcurrentMap<String, Integer> byAddress = new ConcurrentHashMap<>();

  /**
   * @param clients the address to count by; null for a trusted proxy
   */
  public Sockets(
      EdgeLimits limits, Function<SocketAddress, @Nullable String> clients, MeterRegistry meters) {
    this.limits = limits;
    this.clients = clients;
    this.meters = meters;
    Gauge.builder("tailwater.edge.sockets", all, AtomicLong::get)
        .description("accepted sockets that are open")
        .register(meters);
  }

  /** Counts an accepted socket until it closes; false if its address has too many. */
  public boolean enter(Channel socket) {
    all.incrementAndGet();
    socket.closeFuture().addListener(closed -> all.decrementAndGet());
    String address = limits.socketsPerAddress() == 0 ? null : clients.apply(socket.remoteAddress());
    if (address == null) {
      return true;
    }
    int count = byAddress.merge(address, 1, Integer::sum);
    socket
        .closeFuture()
        .addListener(
            closed ->
                byAddress.computeIfPresent(
                    address, (same, open) -> open == 1 ? null : Integer.valueOf(open - 1)));
    if (count <= limits.socketsPerAddress()) {
      return true;
    }
    meters.counter("tailwater.edge.limits.refused", "limit", "sockets-per-address").increment();
    return false;
  }
}
