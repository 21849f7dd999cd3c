package io.tailwater.edge.backend;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.EventLoop;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The instances of the backend, with a link to each. Names are looked up again every few seconds:
 * instances come and go. Changed by one event loop; any thread may ask.
 */
final class Backends implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Backends.class);
  private static final long LOOKUP_PERIOD_MS = 5_000;

  private final List<String> names;
  private final Function<InetSocketAddress, Link> links;
  private final Executor lookups;
  private final EventLoop loop;
  private final AtomicInteger turn = new AtomicInteger();

  private final Map<InetSocketAddress, Link> byAddress = new LinkedHashMap<>();
  private volatile List<Link> all = List.of();
  private volatile boolean closed;

  /**
   * Looks nothing up yet.
   *
   * @param names each {@code host:port}
   * @param links makes the link to an instance
   * @param lookups runs what waits for a name server
   */
  Backends(
      List<String> names,
      Function<InetSocketAddress, Link> links,
      Executor lookups,
      EventLoop loop,
      MeterRegistry meters) {
    this.names = names;
    this.links = links;
    this.lookups = lookups;
    this.loop = loop;
    Gauge.builder("tailwater.edge.backend.links", this, Backends::up)
        .description("instances of the backend that this gateway is connected to")
        .register(meters);
    Gauge.builder("tailwater.edge.backend.untold", this, Backends::untold)
        .description("news of connections that instances of the backend have not read yet")
        .register(meters);
  }

  /** Finds the instances, now and again. */
  void start() {
    if (!names.isEmpty()) {
      lookups.execute(this::lookUp);
    }
  }

  /** The link for the next call: the one with the fewest calls; null if none is up. */
  @Nullable Link pick() {
    List<Link> known = all;
    int first = turn.getAndIncrement() & Integer.MAX_VALUE;
    Link best = null;
    for (int i = 0; i < known.size(); i++) {
      Link link = known.get((first + i) % known.size());
      if (link.up() && (best == null || link.load() < best.load())) {
        best = link;
      }
    }
    return best;
  }

  private int up() {
    return (int) all.stream().filter(Link::up).count();
  }

  private int untold() {
    return all.stream().mapToInt(Link::untold).sum();
  }

  private void lookUp() {
    Set<InetSocketAddress> found = new LinkedHashSet<>();
    boolean whole = true;
    for (String name : names) {
      int colon = name.lastIndexOf(':');
      int port = Integer.parseInt(name.substring(colon + 1));
      try {
        for (InetAddress address : InetAddress.getAllByName(name.substring(0, colon))) {
          found.add(new InetSocketAddress(address, port));
        }
      } catch (UnknownHostException e) {
        LOG.debug("the backend's name {} is unknown", name, e);
        whole = false;
      }
    }
    boolean certain = whole;
    loop.execute(() -> onFound(found, certain));
  }

  /** A name that is unknown may be so for a moment, and its instances may well be there. */
  private void onFound(Set<InetSocketAddress> found, boolean certain) {
    assert loop.inEventLoop();
    if (closed) {
      return;
    }
    for (InetSocketAddress address : found) {
      byAddress.computeIfAbsent(
          address,
          added -> {
            Link link = links.apply(added);
            link.open();
            return link;
          });
    }
    if (certain) {
      for (InetSocketAddress known : List.copyOf(byAddress.keySet())) {
        Link link = byAddress.get(known);
        if (link != null && !found.contains(known) && !link.up()) {
          byAddress.remove(known);
          link.close();
        }
      }
    }
    all = List.copyOf(byAddress.values());
    loop.schedule(() -> lookups.execute(this::lookUp), LOOKUP_PERIOD_MS, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    closed = true;
    new ArrayList<>(all).forEach(Link::close);
  }
}
