package io.tailwater.edge.connection;

import io.tailwater.contract.Channel;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.feed.Feeds;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.loop.EdgeLoop;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Any thread: opens channels for connections, with a cursor on each channel that is read. */
public final class Subscriptions {
  private final Feeds feeds;
  private final Namespaces namespaces;
  private final Connections connections;
  private final ConnectionConfiguration configuration;
  private final String gateway;
  private final InstantSource clock;

  public Subscriptions(
      Feeds feeds,
      Namespaces namespaces,
      Connections connections,
      ConnectionConfiguration configuration,
      String gateway,
      InstantSource clock) {
    this.feeds = feeds;
    this.namespaces = namespaces;
    this.connections = connections;
    this.configuration = configuration;
    this.gateway = gateway;
    this.clock = clock;
  }

  /** The result of {@link #connect}. */
  public enum Outcome {
    /** Its transport was opened, on its event loop, or its client has gone. */
    CONNECTED,
    /** Every channel is closed, and nothing is left after the positions. */
    NOTHING_LEFT
  }

  /**
   * Begins a connection that reads these channels, and ends when all of them have ended.
   *
   * @param netty where the client is connected
   * @param starts where to begin, for each channel
   * @param fresh whether to read everything that is in the log by now, not only what this gateway
   *     has received
   * @param transport makes the connection's transport, on its event loop
   * @throws RequestException if the identity may not read one of them, or has too many connections
   */
  public CompletableFuture<Outcome> connect(
      io.netty.channel.Channel netty,
      Map<Channel, Start> starts,
      Identity identity,
      boolean fresh,
      Function<io.netty.channel.Channel, Transport> transport) {
    Map<Channel, Namespace> channels = new LinkedHashMap<>();
    starts.keySet().forEach(channel -> channels.put(channel, readable(channel, identity)));
    Admission.Seat seat = connections.admit(identity);
    List<CompletableFuture<Opened>> opening = new ArrayList<>();
    starts.forEach(
        (channel, start) ->
            opening.add(
                open(Objects.requireNonNull(channels.get(channel)), channel, start, fresh)));
    return CompletableFuture.allOf(opening.toArray(CompletableFuture[]::new))
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                abandon(opening, seat);
              }
            })
        .thenApply(
            done -> {
              List<Opened> opened = opening.stream().map(CompletableFuture::join).toList();
              if (opened.stream().allMatch(Opened::finished)) {
                abandon(opening, seat);
                return Outcome.NOTHING_LEFT;
              }
              EdgeLoop loop = connections.loops().of(netty.eventLoop());
              loop.execute(() -> begin(netty, loop, identity, seat, opened, transport));
              return Outcome.CONNECTED;
            });
  }

  /**
   * Opens a channel for a connection that has begun.
   *
   * @throws RequestException if the identity may not read it
   */
  public CompletableFuture<Opened> open(Channel channel, Start start, Identity identity) {
    return open(readable(channel, identity), channel, start, false);
  }

  /**
   * Begins a connection that has no channels yet, and stays when its channels have ended. On its
   * event loop.
   *
   * @throws RequestException {@code too_many_connections}
   */
  public Connection begin(io.netty.channel.Channel netty, Identity identity, Transport transport) {
    return begin(
        connections.loops().of(netty.eventLoop()),
        identity,
        connections.admit(identity),
        List.of(),
        transport,
        false);
  }

  private void begin(
      io.netty.channel.Channel netty,
      EdgeLoop loop,
      Identity identity,
      Admission.Seat seat,
      List<Opened> opened,
      Function<io.netty.channel.Channel, Transport> transport) {
    if (netty.isActive()) {
      begin(loop, identity, seat, opened, transport.apply(netty), true);
    } else {
      opened.forEach(Opened::abandon);
      connections.release(seat);
    }
  }

  private Connection begin(
      EdgeLoop loop,
      Identity identity,
      Admission.Seat seat,
      List<Opened> opened,
      Transport transport,
      boolean endsWithItsChannels) {
    Connection connection =
        connections.begin(
            connections.newId(), identity, seat, transport, loop, endsWithItsChannels);
    long nowMs = clock.millis();
    connection.begin(
        opened,
        nowMs,
        () -> {
          if (transport instanceof Opens opens) {
            opens.open(
                connection,
                new StreamOpening(
                    connection.id(), gateway, nowMs, configuration.heartbeat().toMillis()));
          }
        });
    return connection;
  }

  /** The channels of a namespace that have readers on this gateway. */
  public CompletableFuture<List<Channel>> read(String namespace) {
    return feeds.read(namespace);
  }

  private Namespace readable(Channel channel, Identity identity) {
    Namespace namespace = namespaces.get(channel.namespace());
    identity.requireSubscribe(channel, namespace);
    return namespace;
  }

  private CompletableFuture<Opened> open(
      Namespace namespace, Channel channel, Start start, boolean fresh) {
    return feeds
        .open(namespace, channel, start, fresh)
        .orTimeout(configuration.openTimeout().toMillis(), TimeUnit.MILLISECONDS);
  }

  private void abandon(List<CompletableFuture<Opened>> opening, Admission.Seat seat) {
    connections.release(seat);
    // One that was not open in time may still be.
    opening.forEach(one -> one.thenAccept(Opened::abandon));
  }
}
