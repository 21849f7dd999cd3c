package io.tailwater.edge.connection;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.PartitionPositions;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.StateKind;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.feed.Feeds;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.ReadPositions;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.loop.EdgeLoop;
import io.tailwater.edge.presence.Presence;
import io.tailwater.edge.presence.PresenceWish;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Any thread: opens channels and patterns for connections. */
public final class Subscriptions {
  private final Feeds feeds;
  private final Namespaces namespaces;
  private final Connections connections;
  private final ReadPositions readPositions;
  private final Presence presence;
  private final ConnectionConfiguration configuration;
  private final Authority authority;
  private final String gateway;
  private final InstantSource clock;

  public Subscriptions(
      Feeds feeds,
      Namespaces namespaces,
      Connections connections,
      ReadPositions readPositions,
      Presence presence,
      ConnectionConfiguration configuration,
      Authority authority,
      String gateway,
      InstantSource clock) {
    this.feeds = feeds;
    this.namespaces = namespaces;
    this.connections = connections;
    this.readPositions = readPositions;
    this.presence = presence;
    this.configuration = configuration;
    this.authority = authority;
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
   * Begins a connection that reads these selections, and ends when all their channels have ended.
   *
   * @param netty where the client is connected
   * @param starts where to begin, for each selection
   * @param fresh whether to read everything that is in the log by now, not only what this gateway
   *     has received
   * @param wish what it asks of presence, in the channels that have it
   * @param transport makes the connection's transport, on its event loop
   * @throws RequestException if the identity may not read one of them, has too many connections, or
   *     asks for presence where there is none
   */
  public CompletableFuture<Outcome> connect(
      io.netty.channel.Channel netty,
      Map<Selection, Start> starts,
      Identity identity,
      boolean fresh,
      PresenceWish wish,
      Function<io.netty.channel.Channel, Transport> transport) {
    Map<Selection, Namespace> namespaces = new LinkedHashMap<>();
    starts.forEach(
        (selection, start) -> namespaces.put(selection, readable(selection, start, identity)));
    Map<Channel, Namespace> attended = attended(wish, namespaces);
    Admission.Seat seat = connections.admit(identity);
    CompletableFuture<Void> permitted = authority.connect(identity);
    List<CompletableFuture<List<Opened>>> opening = new ArrayList<>();
    starts.forEach(
        (selection, start) ->
            opening.add(
                permitted.thenCompose(
                    allowed ->
                        open(
                            Objects.requireNonNull(namespaces.get(selection)),
                            selection,
                            start,
                            identity,
                            fresh))));
    return all(opening)
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                connections.release(seat);
                opening.forEach(one -> one.thenAccept(parts -> parts.forEach(Opened::abandon)));
              }
            })
        .thenApply(
            opened -> {
              if (opened.stream().flatMap(List::stream).allMatch(Opened::finished)) {
                connections.release(seat);
                abandon(opened);
                return Outcome.NOTHING_LEFT;
              }
              EdgeLoop loop = connections.loops().of(netty.eventLoop());
              loop.execute(
                  () ->
                      begin(netty, loop, identity, seat, opened, transport)
                          .ifPresent(connection -> attend(connection, attended, wish)));
              return Outcome.CONNECTED;
            });
  }

  /**
   * Opens a selection for a connection that has begun.
   *
   * @throws RequestException if the identity may not read it
   */
  public CompletableFuture<List<Opened>> open(Selection selection, Start start, Identity identity) {
    return open(readable(selection, start, identity), selection, start, identity, false);
  }

  /**
   * Opens a channel for a connection that has begun, with the backend's authority.
   *
   * @throws RequestException if it cannot be read so
   */
  public CompletableFuture<List<Opened>> openForBackend(
      Channel channel, Start start, Identity identity) {
    Selection selection = Selection.of(channel);
    Namespace namespace = namespaces.get(channel.namespace());
    if (namespace.getInternal()) {
      throw new RequestException(
          ErrorCode.FORBIDDEN, "nobody is subscribed to " + namespace.getName() + ":*");
    }
    requirePossible(namespace, selection, start, identity);
    return openAllowed(namespace, selection, start, identity, false);
  }

  /**
   * Begins a connection that has no channels yet, and stays when its channels have ended. On its
   * event loop.
   *
   * @throws RequestException {@code too_many_connections}
   */
  public Connection begin(io.netty.channel.Channel netty, Identity identity, Transport transport) {
    return begin(connections.loops().of(netty.eventLoop()), identity, transport);
  }

  /**
   * As {@link #begin(io.netty.channel.Channel, Identity, Transport)}, for a client that is not
   * connected all the time.
   *
   * @param loop that owns it
   */
  public Connection begin(EdgeLoop loop, Identity identity, Transport transport) {
    return begin(loop, identity, connections.admit(identity), List.of(), transport, false);
  }

  private Optional<Connection> begin(
      io.netty.channel.Channel netty,
      EdgeLoop loop,
      Identity identity,
      Admission.Seat seat,
      List<List<Opened>> opened,
      Function<io.netty.channel.Channel, Transport> transport) {
    if (netty.isActive()) {
      return Optional.of(begin(loop, identity, seat, opened, transport.apply(netty), true));
    }
    abandon(opened);
    connections.release(seat);
    return Optional.empty();
  }

  /** The channels that have members, of those that a request names. */
  private static Map<Channel, Namespace> attended(
      PresenceWish wish, Map<Selection, Namespace> namespaces) {
    if (wish.isNone()) {
      return Map.of();
    }
    Map<Channel, Namespace> attended = new LinkedHashMap<>();
    namespaces.forEach(
        (selection, namespace) -> {
          if (PresenceWish.isPossible(selection.scope(), namespace)) {
            attended.put((Channel) selection.scope(), namespace);
          }
        });
    if (attended.isEmpty()) {
      Map.Entry<Selection, Namespace> one = namespaces.entrySet().iterator().next();
      throw PresenceWish.impossible(one.getKey().scope(), one.getValue());
    }
    return attended;
  }

  private void attend(Connection connection, Map<Channel, Namespace> attended, PresenceWish wish) {
    try {
      attended.forEach(
          (channel, namespace) -> connection.attend(channel, namespace, wish, presence));
    } catch (RequestException e) {
      // No room for another member. The client comes back, perhaps to another gateway.
      connection.end(Disconnect.TOO_MANY);
    }
  }

  /**
   * What a connection asks of presence in a channel that it is about to open.
   *
   * @throws RequestException {@code invalid_request} if the channel has no presence
   */
  public void requirePresence(Scope scope, PresenceWish wish) {
    Namespace namespace = namespaces.get(scope.namespace());
    if (!wish.isNone() && !PresenceWish.isPossible(scope, namespace)) {
      throw PresenceWish.impossible(scope, namespace);
    }
  }

  /**
   * Does what {@link #requirePresence} has let pass. On the connection's event loop.
   *
   * @throws RequestException {@code too_many_connections} if there is no room for another member
   */
  public void attend(Connection connection, Scope scope, PresenceWish wish) {
    if (!wish.isNone() && scope instanceof Channel channel) {
      connection.attend(channel, namespaces.get(channel.namespace()), wish, presence);
    }
  }

  private Connection begin(
      EdgeLoop loop,
      Identity identity,
      Admission.Seat seat,
      List<List<Opened>> opened,
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
  public CompletableFuture<Set<Channel>> read(String namespace) {
    return feeds.readers(namespace).thenApply(Map::keySet);
  }

  private Namespace readable(Selection selection, Start start, Identity identity) {
    Scope scope = selection.scope();
    if (start instanceof Start.State && !selection.types().isEmpty()) {
      throw invalid(
          "a state comes with all events after it, so there is no 'types' with from=state");
    }
    Namespace namespace = namespaces.get(scope.namespace());
    identity.requireSubscribe(scope, namespace);
    requirePossible(namespace, selection, start, identity);
    return namespace;
  }

  private static void requirePossible(
      Namespace namespace, Selection selection, Start start, Identity identity) {
    if (selection.scope() instanceof ChannelPattern) {
      requirePossible(namespace, start);
    }
    if (start instanceof Start.State && namespace.getState() == StateKind.STATE_NONE) {
      throw invalid(
          "the channels of "
              + namespace.getName()
              + " have no state: 'from' is latest, earliest, ack, last:N or time:T");
    }
    if (start instanceof Start.Ack) {
      identity.requireReadPositions();
      if (namespace.getEphemeral()) {
        throw invalid(
            namespace.getName() + " is ephemeral: its channels have no read positions to begin at");
      }
    }
  }

  private static void requirePossible(Namespace namespace, Start start) {
    if (start instanceof Start.State) {
      throw invalid(
          "a state is that of one channel: 'from' of a pattern is latest, earliest or time:T");
    }
    if (start instanceof Start.Ack) {
      throw invalid(
          "read positions are those of channels: 'from' of a pattern is latest, earliest or time:T");
    }
    if (start instanceof Start.Last) {
      throw invalid(
          "a pattern does not begin at the newest events: 'from' is latest, earliest or time:T");
    }
    if (namespace.getPartitions() > PartitionPositions.MAX_PARTITIONS) {
      throw invalid(
          "a pattern reads namespaces of up to "
              + PartitionPositions.MAX_PARTITIONS
              + " partitions, and "
              + namespace.getName()
              + " has "
              + namespace.getPartitions());
    }
  }

  private CompletableFuture<List<Opened>> open(
      Namespace namespace, Selection selection, Start start, Identity identity, boolean fresh) {
    return authority
        .subscribe(identity, selection.scope(), namespace)
        .thenCompose(allowed -> openAllowed(namespace, selection, start, identity, fresh));
  }

  private CompletableFuture<List<Opened>> openAllowed(
      Namespace namespace, Selection selection, Start start, Identity identity, boolean fresh) {
    return start instanceof Start.Ack && selection.scope() instanceof Channel channel
        ? readPositions
            .start(identity.subject(), channel)
            .thenCompose(begin -> open(namespace, selection, begin, fresh))
        : open(namespace, selection, start, fresh);
  }

  private CompletableFuture<List<Opened>> open(
      Namespace namespace, Selection selection, Start start, boolean fresh) {
    List<CompletableFuture<Opened>> opening = feeds.open(namespace, selection, start, fresh);
    opening.forEach(
        one -> one.orTimeout(configuration.openTimeout().toMillis(), TimeUnit.MILLISECONDS));
    return all(opening)
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                // One that was not open in time may still be.
                opening.forEach(one -> one.thenAccept(Opened::abandon));
              }
            });
  }

  private static void abandon(List<List<Opened>> opened) {
    opened.forEach(parts -> parts.forEach(Opened::abandon));
  }

  private static <T> CompletableFuture<List<T>> all(List<CompletableFuture<T>> futures) {
    return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new))
        .thenApply(done -> futures.stream().map(CompletableFuture::join).toList());
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
