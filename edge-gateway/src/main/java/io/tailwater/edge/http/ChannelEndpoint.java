package io.tailwater.edge.http;

import com.fasterxml.jackson.core.JsonGenerator;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tailwater.client.ChannelLog;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Latest;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadPosition;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.ReadPositions;
import io.tailwater.edge.presence.Presence;
import io.tailwater.edge.request.Query;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/channel}: where channels stand, to render a page and then subscribe without a
 * hole.
 */
@Controller("/v1/channel")
final class ChannelEndpoint {
  private static final Set<String> PARAMETERS =
      Set.of("channel", "last", "unread", Query.ACCESS_TOKEN, Query.TICKET);

  private final Access access;
  private final Namespaces namespaces;
  private final Authority authority;
  private final ChannelLog log;
  private final ReadPositions readPositions;
  private final Presence presence;
  private final int maxChannels;

  ChannelEndpoint(
      Access access,
      Namespaces namespaces,
      Authority authority,
      ChannelLog log,
      ReadPositions readPositions,
      Presence presence,
      RequestConfiguration configuration) {
    this.access = access;
    this.namespaces = namespaces;
    this.authority = authority;
    this.log = log;
    this.readPositions = readPositions;
    this.presence = presence;
    this.maxChannels = configuration.channelsPerStream();
  }

  @Get
  CompletableFuture<HttpResponse<?>> channel(HttpRequest<?> request) {
    Query query = Query.of(request, PARAMETERS);
    List<Channel> channels = query.all("channel").stream().map(Channel::parse).distinct().toList();
    if (channels.isEmpty()) {
      throw new RequestException(
          ErrorCode.INVALID_CHANNEL,
          "name a channel: ?channel=namespace:key, for instance ?channel=chat:lobby");
    }
    if (channels.size() > maxChannels) {
      throw new RequestException(
          ErrorCode.TOO_MANY_SUBSCRIPTIONS,
          channels.size() + " channels are too many for one request: at most " + maxChannels);
    }
    boolean last = query.bool("last");
    Identity identity = access.identify(request);
    boolean unread = query.bool("unread");
    if (unread) {
      identity.requireReadPositions();
    }
    if (channels.size() == 1 && !last && !unread) {
      return standing(channels.getFirst(), identity, false)
          .thenApply(standing -> answer(standing::write));
    }
    List<CompletableFuture<Entry>> all =
        channels.stream().map(channel -> entry(channel, identity, last, unread)).toList();
    return CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
        .thenApply(
            done ->
                answer(
                    json -> {
                      json.writeArrayFieldStart("channels");
                      for (CompletableFuture<Entry> one : all) {
                        json.writeStartObject();
                        one.join().write(json, last);
                        json.writeEndObject();
                      }
                      json.writeEndArray();
                    }));
  }

  /**
   * Where a channel stands. Immutable.
   *
   * @param position where to subscribe from, after loading content that was requested later than
   *     this
   * @param earliest the earliest position that can still be continued from
   * @param subscribers number of subscriptions on all gateways; null if it is not known
   * @param newest the newest event; null if there is none, or it was not requested
   */
  private record Standing(
      Position position,
      Position earliest,
      boolean closed,
      @Nullable Long subscribers,
      @Nullable Event newest) {
    void write(JsonGenerator json) throws IOException {
      json.writeStringField("position", position.toString());
      json.writeStringField("earliest", earliest.toString());
      json.writeBooleanField("closed", closed);
      if (subscribers != null) {
        json.writeNumberField("subscribers", subscribers);
      }
    }
  }

  /**
   * One of several channels. Immutable.
   *
   * @param refusal why it cannot be read; null if it can
   */
  private record Entry(
      Channel channel,
      @Nullable Standing standing,
      @Nullable ReadPosition read,
      @Nullable RequestException refusal) {
    void write(JsonGenerator json, boolean last) throws IOException {
      json.writeStringField("channel", channel.toString());
      if (refusal != null) {
        json.writeStringField("code", refusal.code().wire());
      }
      if (standing != null) {
        standing.write(json);
        if (last) {
          json.writeFieldName("last");
          json.writeRawValue(text(standing.newest, standing.position.epoch()));
        }
      }
      if (read != null) {
        json.writeNumberField("unread", read.getUnread());
        if (read.getMore()) {
          json.writeBooleanField("more", true);
        }
      }
    }

    private String text(@Nullable Event event, Epoch epoch) {
      if (event == null) {
        return "null";
      }
      ByteBuf out = Unpooled.buffer(256);
      EventJson.writeEvent(channel.toString(), epoch, event, out);
      return out.toString(StandardCharsets.UTF_8);
    }
  }

  /** A refusal of one channel for a lasting reason is its own, not that of the others. */
  private CompletableFuture<Entry> entry(
      Channel channel, Identity identity, boolean last, boolean unread) {
    CompletableFuture<Standing> standing;
    try {
      standing = standing(channel, identity, last);
    } catch (RequestException e) {
      standing = CompletableFuture.failedFuture(e);
    }
    return standing
        .thenCompose(
            known ->
                unread && !known.position.epoch().isEphemeral()
                    ? readPositions
                        .counted(identity.subject(), List.of(channel), Set.of())
                        .thenApply(found -> new Entry(channel, known, found.getFirst(), null))
                    : CompletableFuture.completedFuture(new Entry(channel, known, null, null)))
        .exceptionallyCompose(
            failure -> {
              Throwable cause = failure.getCause() == null ? failure : failure.getCause();
              return cause instanceof RequestException refusal && !refusal.code().retry()
                  ? CompletableFuture.completedFuture(new Entry(channel, null, null, refusal))
                  : CompletableFuture.failedFuture(cause);
            });
  }

  /**
   * @param last whether its newest event is requested
   * @throws RequestException if the identity may not read it
   */
  private CompletableFuture<Standing> standing(Channel channel, Identity identity, boolean last) {
    Namespace namespace = namespaces.get(channel.namespace());
    identity.requireSubscribe(channel, namespace);
    CompletableFuture<@Nullable Long> readers = presence.readers(channel, namespace);
    if (namespace.getEphemeral()) {
      return readers.thenApply(
          subscribers ->
              new Standing(Position.EPHEMERAL, Position.EPHEMERAL, false, subscribers, null));
    }
    ReadRequest.Builder request =
        ReadRequest.newBuilder().setChannel(channel.toString()).setAtLeast(Position.BEFORE_FIRST);
    if (last) {
      request.setLast(1).setLimit(1);
    } else {
      request.setLatest(Latest.getDefaultInstance());
    }
    return authority
        .subscribe(identity, channel, namespace)
        .thenCompose(allowed -> log.read(request.build()))
        .thenCombine(
            readers, (page, subscribers) -> standing(channel, namespace, page, subscribers));
  }

  private static Standing standing(
      Channel channel, Namespace namespace, ReadPage page, @Nullable Long subscribers) {
    if (namespace.getPlatformOnly() && !page.getKnown()) {
      throw new RequestException(ErrorCode.NOT_FOUND, "nothing is left of " + channel);
    }
    Epoch epoch = new Epoch(page.getEpoch());
    return new Standing(
        new Position(epoch, page.getHead()),
        new Position(epoch, page.getEarliest()),
        page.getClosed(),
        subscribers,
        page.getEventsCount() == 0 ? null : page.getEvents(0));
  }

  private static HttpResponse<?> answer(JsonText.Fields fields) {
    return HttpResponse.ok(JsonText.object(fields)).contentType(MediaType.APPLICATION_JSON_TYPE);
  }
}
