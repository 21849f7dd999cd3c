package io.tailwater.edge.http;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.client.ChannelLog;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Latest;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.log.Feeds;
import io.tailwater.edge.log.Namespaces;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * {@code GET /v1/channel}: where a channel stands, to render a page and then subscribe without a
 * hole.
 */
@Controller("/v1/channel")
final class ChannelEndpoint {
  private static final Set<String> PARAMETERS = Set.of("channel", "access_token", "ticket");

  private final Access access;
  private final Namespaces namespaces;
  private final ChannelLog log;
  private final Feeds feeds;

  ChannelEndpoint(Access access, Namespaces namespaces, ChannelLog log, Feeds feeds) {
    this.access = access;
    this.namespaces = namespaces;
    this.log = log;
    this.feeds = feeds;
  }

  /**
   * @param position everything up to here is in what was rendered before it was asked for
   * @param earliest the earliest position that can still be continued from
   * @param subscribers cursors on this gateway
   */
  @Serdeable
  record Standing(String position, String earliest, boolean closed, int subscribers) {}

  @Get
  CompletableFuture<Standing> channel(HttpRequest<?> request) {
    for (String name : request.getParameters().names()) {
      if (!PARAMETERS.contains(name)) {
        throw new RequestException(
            ErrorCode.INVALID_REQUEST, "there is no parameter '" + name + "': channel");
      }
    }
    List<String> names = request.getParameters().getAll("channel");
    if (names.size() != 1) {
      throw new RequestException(
          ErrorCode.INVALID_CHANNEL,
          "name one channel: ?channel=namespace:key, for instance ?channel=chat:lobby");
    }
    Channel channel = Channel.parse(names.getFirst());
    Namespace namespace = namespaces.get(channel.namespace());
    access.identify(request).requireSubscribe(channel, namespace);
    if (namespace.getEphemeral()) {
      String only = Position.EPHEMERAL.toString();
      return feeds
          .readers(namespace, channel)
          .thenApply(subscribers -> new Standing(only, only, false, subscribers));
    }
    ReadRequest latest =
        ReadRequest.newBuilder()
            .setChannel(channel.toString())
            .setLatest(Latest.getDefaultInstance())
            .setAtLeast(Position.BEFORE_FIRST)
            .build();
    return log.read(latest)
        .thenCombine(
            feeds.readers(namespace, channel),
            (page, subscribers) -> standing(channel, namespace, page, subscribers));
  }

  private static Standing standing(
      Channel channel, Namespace namespace, ReadPage page, int subscribers) {
    if (namespace.getPlatformOnly() && !page.getKnown()) {
      throw new RequestException(ErrorCode.NOT_FOUND, "nothing is left of " + channel);
    }
    Epoch epoch = new Epoch(page.getEpoch());
    return new Standing(
        new Position(epoch, page.getHead()).toString(),
        new Position(epoch, page.getEarliest()).toString(),
        page.getClosed(),
        subscribers);
  }
}
