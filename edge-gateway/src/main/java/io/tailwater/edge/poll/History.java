package io.tailwater.edge.poll;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.tailwater.client.ChannelLog;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.http.EventsRequest;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.Selection;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** Older pages of a channel: what came before an event, one read each. */
@Singleton
final class History {
  private static final List<String> ELSEWHERE = List.of("after", "from", "wait");

  private final ChannelLog log;
  private final Namespaces namespaces;
  private final Authority authority;

  History(ChannelLog log, Namespaces namespaces, Authority authority) {
    this.log = log;
    this.namespaces = namespaces;
    this.authority = authority;
  }

  /**
   * The newest {@code limit} events before this id, oldest first.
   *
   * @throws RequestException which says what is wrong and what is accepted
   */
  CompletableFuture<HttpResponse<?>> before(EventsRequest request, String before, int limit) {
    for (String name : ELSEWHERE) {
      if (!request.query().all(name).isEmpty()) {
        throw invalid("'before' reads backwards, so there is no '" + name + "' with it");
      }
    }
    if (request.starts().size() > 1) {
      throw invalid("'before' reads one channel, and several are named");
    }
    Selection selection = request.starts().keySet().iterator().next();
    if (!(selection.scope() instanceof Channel channel)) {
      throw invalid("'before' reads one channel, and " + selection.scope() + " is a pattern");
    }
    Namespace namespace = namespaces.get(channel.namespace());
    request.identity().requireSubscribe(channel, namespace);
    if (namespace.getEphemeral()) {
      throw invalid(namespace.getName() + " is ephemeral: its channels have no history");
    }
    Position position = Position.parse(before);
    ReadRequest read =
        ReadRequest.newBuilder()
            .setChannel(channel.toString())
            .addAllTypes(selection.types())
            .setBefore(
                io.tailwater.contract.v1.Position.newBuilder()
                    .setEpoch(position.epoch().text())
                    .setOffset(position.offset()))
            .setLimit(limit)
            .setAtLeast(Position.BEFORE_FIRST)
            .build();
    return authority
        .subscribe(request.identity(), channel, namespace)
        .thenCompose(allowed -> log.read(read))
        .thenApply(page -> answer(channel, namespace, page));
  }

  private static HttpResponse<?> answer(Channel channel, Namespace namespace, ReadPage page) {
    if (namespace.getPlatformOnly() && !page.getKnown()) {
      throw new RequestException(ErrorCode.NOT_FOUND, "nothing is left of " + channel);
    }
    if (page.getReset() == ReadPage.Reset.FOREIGN) {
      throw new RequestException(
          ErrorCode.INVALID_POSITION,
          "'before' is an id of a log that is no more; the newest events: from=last:N");
    }
    Epoch epoch = new Epoch(page.getEpoch());
    ByteBuf events = Unpooled.buffer(256);
    for (Event event : page.getEventsList()) {
      if (events.isReadable()) {
        events.writeByte(',');
      }
      EventJson.writeEvent(channel.toString(), epoch, event, events);
    }
    // What was looked through begins after 'from', whether its first event is wanted or not.
    boolean older = page.getFrom() > page.getEarliest() && page.getThrough() > page.getFrom();
    ByteBuf body = Unpooled.buffer(events.readableBytes() + 128);
    JsonText.object(
        body,
        json -> {
          json.writeFieldName("events");
          JsonText.arrayOf(events, json, body);
          if (older) {
            Position begin = new Position(epoch, page.getFrom() + 1);
            json.writeStringField("previous", begin.toString());
          }
        });
    return HttpResponse.ok(ByteBufUtil.getBytes(body)).contentType(MediaType.APPLICATION_JSON_TYPE);
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
