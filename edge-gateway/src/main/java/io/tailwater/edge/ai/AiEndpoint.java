package io.tailwater.edge.ai;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Body;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.serde.ObjectMapper;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Tokens;
import io.tailwater.edge.http.EventsRequest;
import io.tailwater.edge.http.EventsTransport;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.http.Subscribing;
import io.tailwater.edge.log.Namespaces;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** {@code /v1/ai/streams}: create a generation, look at one, cancel one. */
@Controller("/v1/ai/streams")
final class AiEndpoint {
  /** The namespace of the generations' channels. */
  static final String NAMESPACE = "ai";

  private static final String PATH = "/v1/ai/streams/";
  private static final String EVENT_STREAM = MediaType.TEXT_EVENT_STREAM;
  private static final Set<String> PARAMETERS = Set.of("access_token", "ticket");

  private final Access access;
  private final Tokens tokens;
  private final Namespaces namespaces;
  private final List<EventsTransport> transports;
  private final AiStreams streams;
  private final AiConfiguration configuration;
  private final ObjectMapper json;

  AiEndpoint(
      Access access,
      Tokens tokens,
      Namespaces namespaces,
      List<EventsTransport> transports,
      AiStreams streams,
      AiConfiguration configuration,
      ObjectMapper json) {
    this.access = access;
    this.tokens = tokens;
    this.namespaces = namespaces;
    this.transports = transports;
    this.streams = streams;
    this.configuration = configuration;
    this.json = json;
  }

  /** The answer to a stream that was made or joined. */
  @Serdeable
  record Made(String id, String channel, String events) {}

  @Post
  @Consumes(MediaType.ALL)
  @Produces(MediaType.ALL)
  CompletableFuture<? extends HttpResponse<?>> create(
      HttpRequest<?> request, @Body @io.micronaut.core.annotation.Nullable byte[] body) {
    Identity identity = identify(request);
    identity.requirePublishAll(namespaces.get(NAMESPACE));
    requireJson(request);
    boolean streamed = wantsStream(request);
    CreateStreamRequest wish =
        StreamWish.parse(json, body == null ? new byte[0] : body)
            .request()
            .setCreator(identity.subject())
            .setIdempotencyKey(header(request, "Idempotency-Key"))
            .setTraceparent(header(request, "traceparent"))
            .build();
    return streams
        .create(wish)
        .thenCompose(
            state ->
                streamed
                    ? stream(request, identity, state)
                    : CompletableFuture.completedFuture(made(request, identity, state)));
  }

  @Get("/{id}")
  CompletableFuture<HttpResponse<?>> look(HttpRequest<?> request, @PathVariable String id) {
    Identity identity = identify(request);
    return streams
        .get(id)
        .thenApply(
            state -> {
              requireCreatorOrReader(identity, state);
              return view(request, identity, state);
            });
  }

  @Delete("/{id}")
  CompletableFuture<HttpResponse<?>> cancel(HttpRequest<?> request, @PathVariable String id) {
    Identity identity = identify(request);
    if (identity.ticket() != null) {
      throw new RequestException(ErrorCode.FORBIDDEN, "a ticket reads a stream, and no more");
    }
    return streams
        .get(id)
        .thenCompose(
            state -> {
              requireCreatorOrReader(identity, state);
              return streams.cancel(id);
            })
        .thenApply(state -> view(request, identity, state));
  }

  private HttpResponse<?> made(HttpRequest<?> request, Identity identity, StreamState state) {
    return HttpResponse.created(
            new Made(state.getId(), state.getChannel(), events(request, identity, state)))
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .header(HttpHeaders.LOCATION, PATH + state.getId());
  }

  private HttpResponse<?> view(HttpRequest<?> request, Identity identity, StreamState state) {
    return HttpResponse.ok(StreamView.of(state, events(request, identity, state)))
        .header(HttpHeaders.CACHE_CONTROL, "no-store");
  }

  /** The stream itself, to whoever made it; it can be come back to at its Content-Location. */
  private CompletableFuture<HttpResponse<?>> stream(
      HttpRequest<?> request, Identity identity, StreamState state) {
    Channel channel = Channel.parse(state.getChannel());
    Identity reader =
        new Identity(
            identity.subject(),
            identity.grant(),
            identity.expiresAtMs(),
            identity.anonymous(),
            Set.of(state.getChannel()),
            identity.address());
    String events = events(request, identity, state);
    EventsTransport transport =
        transports.stream()
            .filter(each -> each.mediaTypes().contains(EVENT_STREAM))
            .findFirst()
            .orElseThrow();
    Map<String, String> headers = Map.of(HttpHeaders.CONTENT_LOCATION, events);
    return transport
        .answer(EventsRequest.of(request, Subscribing.all(channel), reader, headers))
        .exceptionallyCompose(
            failure ->
                transport.refuse(
                    Problems.refusal(request, failure),
                    EventsRequest.lastEventId(request),
                    headers));
  }

  /** Where the events can be read, by a browser that can't set a header. */
  private String events(HttpRequest<?> request, Identity identity, StreamState state) {
    return "/v1/events?channel="
        + state.getChannel()
        + "&from=earliest&ticket="
        + ticket(request, identity, state);
  }

  /** A ticket makes no other ticket: it would lose the origin that it was made for. */
  private String ticket(HttpRequest<?> request, Identity identity, StreamState state) {
    return identity.ticket() == null
        ? tokens
            .makeTicket(
                identity,
                List.of(state.getChannel()),
                configuration.aiTicketTtl().toSeconds(),
                request.getHeaders().get(HttpHeaders.ORIGIN))
            .text()
        : String.valueOf(request.getParameters().get("ticket"));
  }

  /** Its creator, unless that is everyone without a token; and who may read its channel. */
  private void requireCreatorOrReader(Identity identity, StreamState state) {
    boolean creator =
        identity.ticket() == null
            && !identity.anonymous()
            && identity.subject().equals(state.getCreator());
    if (!creator) {
      Namespace namespace = namespaces.get(NAMESPACE);
      identity.requireSubscribe(Channel.parse(state.getChannel()), namespace);
    }
  }

  private Identity identify(HttpRequest<?> request) {
    for (String name : request.getParameters().names()) {
      if (!PARAMETERS.contains(name)) {
        throw new RequestException(
            ErrorCode.INVALID_REQUEST, "there is no parameter '" + name + "' here");
      }
    }
    return access.identify(request);
  }

  /** What {@code curl -d} sends counts as JSON, but never with a cookie: a form could send it. */
  private static void requireJson(HttpRequest<?> request) {
    String type = header(request, HttpHeaders.CONTENT_TYPE).split(";")[0].trim();
    boolean guessed =
        type.isEmpty() || type.equalsIgnoreCase(MediaType.APPLICATION_FORM_URLENCODED);
    if (guessed ? Access.cookie(request) != null : !type.equalsIgnoreCase("application/json")) {
      throw new RequestException(
          ErrorCode.UNSUPPORTED_MEDIA_TYPE,
          "the body is JSON: Content-Type: application/json (curl --json)");
    }
  }

  private static boolean wantsStream(HttpRequest<?> request) {
    String accept = header(request, HttpHeaders.ACCEPT);
    List<String> types =
        Arrays.stream(accept.split(","))
            .map(type -> type.split(";")[0].trim().toLowerCase(Locale.ROOT))
            .toList();
    for (String type : types) {
      switch (type) {
        case EVENT_STREAM -> {
          return true;
        }
        case "", "*/*", "application/*", "application/json" -> {
          return false;
        }
        default -> {}
      }
    }
    throw new RequestException(
        ErrorCode.NOT_ACCEPTABLE,
        "this answers Accept: application/json or text/event-stream, not " + accept);
  }

  private static String header(HttpRequest<?> request, String name) {
    String value = request.getHeaders().get(name);
    return value == null ? "" : value;
  }
}
