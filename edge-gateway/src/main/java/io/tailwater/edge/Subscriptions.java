package io.tailwater.edge;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.tailwater.contract.Channel;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.access.Identity;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** Turns what a client asks to read into a session with a cursor on each of its channels. */
public final class Subscriptions {
  private final Feeds feeds;
  private final Namespaces namespaces;
  private final Sessions sessions;
  private final EdgeConfiguration configuration;
  private final String gateway;
  private final InstantSource clock;

  Subscriptions(
      Feeds feeds,
      Namespaces namespaces,
      Sessions sessions,
      EdgeConfiguration configuration,
      String gateway,
      InstantSource clock) {
    this.feeds = feeds;
    this.namespaces = namespaces;
    this.sessions = sessions;
    this.configuration = configuration;
    this.gateway = gateway;
    this.clock = clock;
  }

  /**
   * Connects a request to its channels. Done with 204 if nothing is left to deliver, else when the
   * transport says so: never, if the connection has left HTTP.
   *
   * @param fresh the reader wants everything that is in the log by now, not only what has come here
   * @param transport makes the transport of the connection that was accepted, on its event loop
   * @param answer what the transport answers with
   */
  public CompletableFuture<HttpResponse<?>> connect(
      HttpRequest<?> request,
      Subscribing subscribing,
      Identity identity,
      boolean fresh,
      Function<io.netty.channel.Channel, Transport> transport,
      CompletableFuture<HttpResponse<?>> answer) {
    Map<Channel, Namespace> channels = new LinkedHashMap<>();
    subscribing.channels().forEach(channel -> channels.put(channel, readable(channel, identity)));
    Admission.Seat seat = sessions.admit(identity);
    List<CompletableFuture<Opened>> opening = new ArrayList<>();
    channels.forEach(
        (channel, namespace) ->
            opening.add(open(namespace, channel, subscribing.start(channel), fresh)));
    return CompletableFuture.allOf(opening.toArray(CompletableFuture[]::new))
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                abandon(opening, seat);
              }
            })
        .thenCompose(
            done -> {
              List<Opened> opened = opening.stream().map(CompletableFuture::join).toList();
              if (opened.stream().allMatch(Opened::finished)) {
                abandon(opening, seat);
                return CompletableFuture.completedFuture(HttpResponse.noContent());
              }
              io.netty.channel.Channel connection = Takeover.connection(request);
              EdgeLoop loop = sessions.loops().of(connection.eventLoop());
              loop.execute(() -> begin(connection, loop, identity, seat, opened, transport));
              return answer;
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
  public Session begin(
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

  private Session begin(
      EdgeLoop loop,
      Identity identity,
      Admission.Seat seat,
      List<Opened> opened,
      Transport transport) {
    Session session = sessions.begin(sessions.newId(), identity, seat, transport, loop);
    session.begin(
        opened,
        new StreamOpening(
            session.id(), gateway, clock.millis(), configuration.heartbeat().toMillis()));
    return session;
  }

  /** What a request of {@code GET /v1/events} asks to read by this transport. */
  Subscribing parse(HttpRequest<?> request, EventsTransport transport) {
    return Subscribing.parse(request, configuration.channelsPerStream(), transport.parameters());
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
