package io.tailwater.edge.acks;

import com.fasterxml.jackson.core.JsonGenerator;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Post;
import io.micronaut.serde.ObjectMapper;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.contract.Acks;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ReadPosition;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.http.Bodies;
import io.tailwater.edge.http.RequestBody;
import io.tailwater.edge.log.ReadPositions;
import io.tailwater.edge.log.TypesText;
import io.tailwater.edge.request.Query;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** {@code /v1/acks}: how far the caller has read, and how much it has not. */
@Controller("/v1/acks")
final class AcksEndpoint {
  private static final Set<String> ONE = Set.of("channel", Query.ACCESS_TOKEN, Query.TICKET);
  private static final Set<String> SEVERAL =
      Set.of("channel", "types", Query.ACCESS_TOKEN, Query.TICKET);
  private static final Set<String> NONE = Set.of(Query.ACCESS_TOKEN, Query.TICKET);
  private static final int MAX_BODY_BYTES = 4 << 10;

  /** 200 channels with names of any length, and types. */
  private static final int MAX_QUERY_BYTES = 512 << 10;

  private final Access access;
  private final Bodies bodies;
  private final ReadMarks marks;
  private final ReadPositions readPositions;
  private final ObjectMapper json;

  AcksEndpoint(
      Access access,
      Bodies bodies,
      ReadMarks marks,
      ReadPositions readPositions,
      ObjectMapper json) {
    this.access = access;
    this.bodies = bodies;
    this.marks = marks;
    this.readPositions = readPositions;
    this.json = json;
  }

  @Serdeable
  record Ack(@Nullable Object position) {}

  @Serdeable
  record Wish(@Nullable Object channels, @Nullable Object types) {}

  @Post
  @Consumes(MediaType.ALL)
  CompletableFuture<HttpResponse<?>> move(HttpRequest<?> request) {
    Channel channel = Query.of(request, ONE).channel();
    Identity identity = access.identify(request);
    marks.requireReadable(identity, channel);
    RequestBody.requireJson(request);
    return bodies
        .read(request, identity, MAX_BODY_BYTES)
        .thenCompose(body -> marks.move(identity, channel, position(body)))
        .thenApply(
            read ->
                answer(
                    to -> {
                      to.writeStringField("channel", channel.toString());
                      to.writeStringField("position", read.toString());
                    }));
  }

  private String position(byte[] body) {
    Ack ack = RequestBody.parse(json, body, Ack.class, List.of("position"));
    return RequestBody.text("position", ack.position());
  }

  @Get
  CompletableFuture<HttpResponse<?>> acks(HttpRequest<?> request) {
    Query query = Query.of(request, SEVERAL);
    Identity identity = access.identify(request);
    return unread(identity, query.all("channel"), TypesText.parse(query.one("types")));
  }

  @Post("/query")
  @Consumes(MediaType.ALL)
  CompletableFuture<HttpResponse<?>> query(HttpRequest<?> request) {
    Query.of(request, NONE);
    Identity identity = access.identify(request);
    identity.requireReadPositions();
    RequestBody.requireJson(request);
    return bodies
        .read(request, identity, MAX_QUERY_BYTES)
        .thenCompose(
            body -> {
              Wish wish = RequestBody.parse(json, body, Wish.class, List.of("channels", "types"));
              return unread(
                  identity,
                  RequestBody.texts("channels", wish.channels()),
                  wish.types() == null
                      ? Set.of()
                      : TypesText.checked(RequestBody.texts("types", wish.types())));
            });
  }

  private CompletableFuture<HttpResponse<?>> unread(
      Identity identity, List<String> names, Set<String> types) {
    identity.requireReadPositions();
    List<Channel> channels = names.stream().map(Channel::parse).distinct().toList();
    if (channels.isEmpty() || channels.size() > Acks.MAX_CHANNELS) {
      throw new RequestException(
          channels.isEmpty() ? ErrorCode.INVALID_CHANNEL : ErrorCode.INVALID_REQUEST,
          "name 1 to " + Acks.MAX_CHANNELS + " channels, for instance chat:lobby");
    }
    Map<Channel, RequestException> refused = new LinkedHashMap<>();
    Collection<Channel> asked = new ArrayList<>();
    for (Channel channel : channels) {
      try {
        marks.requireReadable(identity, channel);
        asked.add(channel);
      } catch (RequestException e) {
        if (e.code().retry()) {
          throw e;
        }
        refused.put(channel, e);
      }
    }
    CompletableFuture<List<ReadPosition>> found =
        asked.isEmpty()
            ? CompletableFuture.completedFuture(List.of())
            : readPositions.counted(identity.subject(), asked, types);
    return found.thenApply(
        positions -> {
          Map<Channel, ReadPosition> byChannel = new LinkedHashMap<>();
          asked.forEach(channel -> byChannel.put(channel, positions.get(byChannel.size())));
          return answer(to -> write(channels, byChannel, refused, to));
        });
  }

  private static void write(
      List<Channel> channels,
      Map<Channel, ReadPosition> found,
      Map<Channel, RequestException> refused,
      JsonGenerator json)
      throws IOException {
    json.writeArrayFieldStart("acks");
    for (Channel channel : channels) {
      json.writeStartObject();
      json.writeStringField("channel", channel.toString());
      ReadPosition position = found.get(channel);
      RequestException refusal = refused.get(channel);
      if (position != null) {
        write(position, json);
      } else if (refusal != null) {
        json.writeStringField("code", refusal.code().wire());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void write(ReadPosition position, JsonGenerator json) throws IOException {
    Position read = ReadPositions.read(position);
    if (read == null) {
      json.writeNullField("position");
    } else {
      json.writeStringField("position", read.toString());
    }
    json.writeNumberField("unread", position.getUnread());
    if (position.getMore()) {
      json.writeBooleanField("more", true);
    }
  }

  private static HttpResponse<?> answer(JsonText.Fields fields) {
    return HttpResponse.ok(JsonText.object(fields)).contentType(MediaType.APPLICATION_JSON_TYPE);
  }
}
