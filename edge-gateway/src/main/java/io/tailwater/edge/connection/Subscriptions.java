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

/** Opens channels for connections: a cursor on each channel that a client reads. Any thread. */
public final class Subscriptions {
  private final Feeds feeds;
  private final Namespaces namespaces;
  private final Connections sessions;
  private final ConnectionConfiguration configuration;
  private final String gateway;
  private final InstantSource clock;

  public Subscriptions(
      Feeds feeds,
      Namespaces namespaces,
      Connections sessions,
      ConnectionConfiguration configuration,
      String gateway,
      InstantSource clock) {
    this.feeds = feeds;
    this.namespaces = namespaces;
    this.sessions = sessions;
    this.configuration = configuration;
    this.gateway = gateway;
    this.clock = clock;
  }

  /** What became of a connection that wants to read. */
  public enum Outcome {
    /** Its transport was opened, on its event loop, or its client has gone. */
    CONNECTED,
    /** Every channel is closed, and nothing is left after the positions. */
    NOTHING_LEFT
  }

  /**
   * Puts a cursor on each of these channels, and gives them to a connection.
   *
   * @param connection where the client is connected
   * @param starts where to begin, for each channel
   * @param fresh the reader wants everything that is in the log by now, not only what has come here
   * @param transport makes the connection's transport, on its event loop
   * @throws RequestException if the identity may not read one of them, or has too many connections
   */
  public CompletableFuture<Outcome> connect(
      io.netty.channel.Channel connection,
      Map<Channel, Start> starts,
      Identity identity,
      boolean fresh,
      Function<io.netty.channel.Channel, Transport> transport) {
    Map<Channel, Namespace> channels = new LinkedHashMap<>();
    starts.keySet().forEach(channel -> channels.put(channel, readable(channel, identity)));
    Admission.Seat seat = sessions.admit(identity);
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
              EdgeLoop loop = sessions.loops().of(connection.eventLoop());
              loop.execute(() -> begin(connection, loop, identity, seat, opened, transport));
              return Outcome.CONNECTED;
            });
  }

  /**
   * Opens one channel more for a session.
   *
   * @throws RequestException if the identity may not read it
   */
  public CompletableFuture<Opened> open(Channel channel, Start start, Identity identity) {
    return open(readable(channel, identity), channel, start, false);
  }

  /**
   * Begins the session of a connection that has no channel yet; on the connection's event loop.
   *
   * @throws RequestException {@code too_many_connections}
   */
  public Connection begin(
      io.netty.channel.Channel connection, Identity identity, Transport transport) {
    return begin(
        sessions.loops().of(connection.eventLoop()),
        identity,
        sessions.admit(identity),
        List.of(),
        transport);
  }

  private void begin(
      io.netty.channel.Channel connection,
      EdgeLoop loop,
      Identity identity,
      Admission.Seat seat,
      List<Opened> opened,
      Function<io.netty.channel.Channel, Transport> transport) {
    if (connection.isActive()) {
      begin(loop, identity, seat, opened, transport.apply(connection));
    } else {
      opened.forEach(Opened::abandon);
      sessions.release(seat);
    }
  }

  private Connection begin(
      EdgeLoop loop,
      Identity identity,
      Admission.Seat seat,
      List<Opened> opened,
      Transport transport) {
    Connection session = sessions.begin(sessions.newId(), identity, seat, transport, loop);
    session.begin(
        opened,
        new StreamOpening(
            session.id(), gateway, clock.millis(), configuration.heartbeat().toMillis()));
    return session;
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
    sessions.release(seat);
    // One that was not open in time may still be.
    opening.forEach(one -> one.thenAccept(Opened::abandon));
  }
}
