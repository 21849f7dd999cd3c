package io.tailwater.edge;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.PartitionFeed.Opened;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Origins;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Turns a request into a session with a cursor on each of its channels. */
public final class Subscriptions {
  private final Feeds feeds;
  private final Namespaces namespaces;
  private final Sessions sessions;
  private final Origins origins;
  private final EdgeConfiguration configuration;
  private final String gateway;
  private final InstantSource clock;

  Subscriptions(
      Feeds feeds,
      Namespaces namespaces,
      Sessions sessions,
      Origins origins,
      EdgeConfiguration configuration,
      String gateway,
      InstantSource clock) {
    this.feeds = feeds;
    this.namespaces = namespaces;
    this.sessions = sessions;
    this.origins = origins;
    this.configuration = configuration;
    this.gateway = gateway;
    this.clock = clock;
  }

  /**
   * Answers with a stream of the channels that the request names. Once it is accepted the
   * connection leaves HTTP, and the future is never done; it is done with 204 if there is nothing
   * left to deliver.
   *
   * @param headers what the response says besides what every stream says
   */
  public CompletableFuture<HttpResponse<?>> stream(
      HttpRequest<?> request,
      Identity identity,
      StreamTransport transport,
      Map<String, String> headers) {
    return stream(
        request,
        Subscribing.parse(request, configuration.channelsPerStream()),
        identity,
        transport,
        headers);
  }

  /**
   * As {@link #stream(HttpRequest, Identity, StreamTransport, Map)}, of one channel from its
   * beginning.
   */
  public CompletableFuture<HttpResponse<?>> streamAll(
      HttpRequest<?> request,
      Channel channel,
      Identity identity,
      StreamTransport transport,
      Map<String, String> headers) {
    Subscribing subscribing =
        new Subscribing(List.of(channel), false, new Start.Earliest(), null, null);
    return stream(request, subscribing, identity, transport, headers);
  }

  /** The channels of a namespace that have readers on this gateway. */
  public CompletableFuture<List<Channel>> read(String namespace) {
    return feeds.read(namespace);
  }

  private CompletableFuture<HttpResponse<?>> stream(
      HttpRequest<?> request,
      Subscribing subscribing,
      Identity identity,
      StreamTransport transport,
      Map<String, String> headers) {
    Map<Channel, Namespace> channels = new LinkedHashMap<>();
    for (Channel channel : subscribing.channels()) {
      Namespace namespace = namespaces.get(channel.namespace());
      identity.requireSubscribe(channel, namespace);
      channels.put(channel, namespace);
    }
    sessions.admit();
    List<CompletableFuture<Opened>> opening = new ArrayList<>();
    channels.forEach(
        (channel, namespace) ->
            opening.add(
                feeds
                    .open(namespace, channel, subscribing.start(channel))
                    .orTimeout(configuration.openTimeout().toMillis(), TimeUnit.MILLISECONDS)));
    return CompletableFuture.allOf(opening.toArray(CompletableFuture[]::new))
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                abandon(opening);
              }
            })
        .thenCompose(
            done -> {
              List<Opened> opened = opening.stream().map(CompletableFuture::join).toList();
              if (opened.stream().allMatch(Opened::finished)) {
                abandon(opening);
                return CompletableFuture.completedFuture(HttpResponse.noContent());
              }
              return begin(request, subscribing, opened, identity, transport, headers);
            });
  }

  private void abandon(List<CompletableFuture<Opened>> opening) {
    sessions.release();
    for (CompletableFuture<Opened> one : opening) {
      // One that was not open in time may still be.
      one.thenAccept(opened -> opened.feed().abandon(opened));
    }
  }

  private CompletableFuture<HttpResponse<?>> begin(
      HttpRequest<?> request,
      Subscribing subscribing,
      List<Opened> opened,
      Identity identity,
      StreamTransport transports,
      Map<String, String> headers) {
    io.netty.channel.Channel connection = Takeover.connection(request);
    EdgeLoop loop = sessions.loops().of(connection.eventLoop());
    CompletableFuture<HttpResponse<?>> never = new CompletableFuture<>();
    loop.execute(
        () -> {
          if (!connection.isActive()) {
            opened.forEach(one -> one.feed().abandon(one));
            sessions.release();
            return;
          }
          List<Cursor> cursors = new ArrayList<>(opened.size());
          Transport transport =
              transports.transport(
                  connection, cursors, subscribing.several(), subscribing.envelope());
          Session session = sessions.begin(sessions.newId(), identity, transport, cursors, loop);
          Map<String, String> all = new LinkedHashMap<>(transports.headers());
          all.putAll(headers);
          all.putAll(origins.headers(request.getHeaders().get(HttpHeaders.ORIGIN)));
          Takeover.begin(connection, all, session);
          session.begin(
              opened,
              new StreamOpening(
                  session.id(), gateway, clock.millis(), configuration.heartbeat().toMillis()));
        });
    return never;
  }
}
