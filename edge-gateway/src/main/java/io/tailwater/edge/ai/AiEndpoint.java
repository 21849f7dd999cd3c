package io.tailwater.edge.ai;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
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
import io.tailwater.contract.Text;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.ListStreamsRequest;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.contract.v1.StreamState.Status;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Tokens;
import io.tailwater.edge.http.Bodies;
import io.tailwater.edge.http.EventsRequest;
import io.tailwater.edge.http.EventsTransport;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.http.RequestBody;
import io.tailwater.edge.http.Subscribing;
import io.tailwater.edge.log.StartText;
import io.tailwater.edge.request.Accept;
import io.tailwater.edge.request.Once;
import io.tailwater.edge.request.Query;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** {@code /v1/ai/streams}: create a generation, look at one, cancel one. */
@Controller("/v1/ai/streams")
final class AiEndpoint {
  private static final String PATH = "/v1/ai/streams/";

  private static final String EVENT_STREAM = MediaType.TEXT_EVENT_STREAM;
  private static final String FROM = "from";
  private static final String EARLIEST = "earliest";
  private static final String STATE = "state";
  private static final Set<String> PARAMETERS = Set.of(FROM, Query.ACCESS_TOKEN, Query.TICKET);

  private static final Set<String> LIST_PARAMETERS =
      Set.of("status", "limit", "after", FROM, Query.ACCESS_TOKEN);
  private static final int MAX_LISTED = 100;
  private static final int USUALLY_LISTED = 20;

  private final Access access;
  private final Bodies bodies;
  private final Tokens tokens;
  private final StreamRights rights;
  private final List<EventsTransport> transports;
  private final AiStreams streams;
  private final StreamKeys keys;
  private final AiConfiguration configuration;
  private final ObjectMapper json;

  AiEndpoint(
      Access access,
      Bodies bodies,
      Tokens tokens,
      StreamRights rights,
      List<EventsTransport> transports,
      AiStreams streams,
      StreamKeys keys,
      AiConfiguration configuration,
      ObjectMapper json) {
    this.access = access;
    this.bodies = bodies;
    this.tokens = tokens;
    this.rights = rights;
    this.transports = transports;
    this.streams = streams;
    this.keys = keys;
    this.configuration = configuration;
    this.json = json;
  }

  /** The answer to a stream that was made or joined. */
  @Serdeable
  record Made(String id, String channel, String events) {}

  /** A page of a list of streams. */
  @Serdeable
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Listed(List<StreamView> streams, @Nullable String next) {}

  @Post
  @Consumes(MediaType.ALL)
  @Produces(MediaType.ALL)
  CompletableFuture<? extends HttpResponse<?>> create(HttpRequest<?> request) {
    Identity identity = identify(request);
    rights.requireCreate(identity);
    RequestBody.requireJson(request);
    Optional<EventsTransport> streamed = streamed(request);
    return bodies
        .read(request, identity, AiStreams.MAX_BODY_BYTES)
        .thenCompose(body -> create(request, identity, streamed, body));
  }

  /** The caller's own streams; everyone's for those who may see them. */
  @Get
  CompletableFuture<HttpResponse<?>> list(HttpRequest<?> request) {
    Query query = Query.of(request, LIST_PARAMETERS);
    Identity identity = access.identify(request);
    boolean all = rights.mayListAll(identity);
    if (!all) {
      rights.requireListOwn(identity);
    }
    ListStreamsRequest.Builder wish =
        ListStreamsRequest.newBuilder()
            .setCreator(all ? "" : identity.subject())
            .setLimit(query.bounded("limit", 1, MAX_LISTED, USUALLY_LISTED))
            .setAfter(query.text("after"));
    String status = query.one("status");
    if (status != null) {
      Status wanted = StreamView.STATUSES.get(status);
      if (wanted == null) {
        throw new RequestException(
            ErrorCode.INVALID_REQUEST,
            "'status' is queued, running, finished, failed or cancelled");
      }
      wish.setStatus(wanted);
    }
    return streams
        .list(wish.build())
        .thenApply(
            page ->
                HttpResponse.ok(
                        new Listed(
                            page.getStreamsList().stream()
                                .map(state -> listed(request, identity, state, all))
                                .toList(),
                            page.getNext().isEmpty() ? null : page.getNext()))
                    .header(HttpHeaders.CACHE_CONTROL, "no-store"));
  }

  private StreamView listed(
      HttpRequest<?> request, Identity identity, StreamState state, boolean all) {
    boolean own = StreamRights.isCreator(identity, state);
    return StreamView.of(
        state,
        all && !state.getCreator().isEmpty() ? state.getCreator() : null,
        own || rights.mayRead(identity, state) ? events(request, identity, state, own) : null);
  }

  private CompletableFuture<HttpResponse<?>> create(
      HttpRequest<?> request, Identity identity, Optional<EventsTransport> streamed, byte[] body) {
    CreateStreamRequest wish =
        StreamWish.parse(json, body)
            .request(identity.anonymous())
            .setCreator(identity.subject())
            .setAnonymous(identity.anonymous())
            .setAddress(identity.address())
            .setIdempotencyKey(keys.of(identity, header(request, "Idempotency-Key")))
            .setTraceparent(header(request, "traceparent"))
            .build();
    return streams
        .create(wish)
        .thenCompose(
            state ->
                streamed
                    .map(transport -> stream(request, identity, state, transport))
                    .orElseGet(
                        () -> CompletableFuture.completedFuture(made(request, identity, state))));
  }

  @Get("/{id}")
  CompletableFuture<HttpResponse<?>> look(HttpRequest<?> request, @PathVariable String id) {
    Identity identity = identify(request);
    return streams
        .get(StreamRights.idOf(id))
        .thenApply(
            state -> {
              rights.requireRead(identity, state);
              return view(request, identity, state);
            });
  }

  @Delete("/{id}")
  CompletableFuture<HttpResponse<?>> cancel(HttpRequest<?> request, @PathVariable String id) {
    Identity identity = identify(request);
    return streams
        .get(StreamRights.idOf(id))
        .thenCompose(
            state -> {
              rights.requireCancel(identity, state);
              return streams.cancel(state.getId());
            })
        .thenApply(state -> view(request, identity, state));
  }

  private HttpResponse<?> made(HttpRequest<?> request, Identity identity, StreamState state) {
    return HttpResponse.created(
            new Made(state.getId(), state.getChannel(), events(request, identity, state, true)))
        .contentType(MediaType.APPLICATION_JSON_TYPE)
        .header(HttpHeaders.LOCATION, PATH + state.getId());
  }

  private HttpResponse<?> view(HttpRequest<?> request, Identity identity, StreamState state) {
    String events = events(request, identity, state, StreamRights.isCreator(identity, state));
    return HttpResponse.ok(StreamView.of(state, null, events))
        .header(HttpHeaders.CACHE_CONTROL, "no-store");
  }

  /**
   * The stream itself, to its creator, who can come back to it at its Content-Location or with the
   * same request. Only a repeated request goes on after the position that came with it.
   */
  private CompletableFuture<HttpResponse<?>> stream(
      HttpRequest<?> request, Identity identity, StreamState state, EventsTransport transport) {
    Channel channel = StreamRights.channel(state);
    Identity reader = identity.narrowedTo(channel);
    String events = events(request, identity, state, true);
    String lastEventId = state.getJoined() ? EventsRequest.lastEventId(request) : null;
    Map<String, String> headers = Map.of(HttpHeaders.CONTENT_LOCATION, events);
    return transport
        .answer(
            EventsRequest.of(
                request,
                Subscribing.after(channel, lastEventId, StartText.from(from(request))),
                reader,
                headers))
        .exceptionallyCompose(
            failure -> transport.refuse(Problems.refusal(request, failure), lastEventId, headers));
  }

  /** Where the events can be read, by a browser that can't set a header. */
  private String events(
      HttpRequest<?> request, Identity identity, StreamState state, boolean creator) {
    return "/v1/events?channel="
        + state.getChannel()
        + "&from="
        + from(request)
        + "&ticket="
        + ticket(request, identity, state, creator);
  }

  /** A ticket makes no other ticket: it would lose the origin that it was made for. */
  private String ticket(
      HttpRequest<?> request, Identity identity, StreamState state, boolean creator) {
    return identity.ticket() == null
        ? tokens
            .makeTicket(
                identity,
                List.of(state.getChannel()),
                creator ? List.of(StreamRights.CANCEL) : List.of(),
                configuration.aiTicketTtl().toSeconds(),
                request.getHeaders().get(HttpHeaders.ORIGIN))
            .text()
        : String.valueOf(request.getParameters().get("ticket"));
  }

  /** Where readers of the events begin: at the first event, or with the text so far. */
  private static String from(HttpRequest<?> request) {
    String from = Objects.requireNonNullElse(Query.of(request).one(FROM), EARLIEST);
    if (!from.equals(EARLIEST) && !from.equals(STATE)) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, "'from' of an AI stream is earliest or state");
    }
    return from;
  }

  private Identity identify(HttpRequest<?> request) {
    Query.of(request, PARAMETERS);
    from(request);
    return access.identify(request);
  }

  /** The transport of the stream itself, for those who accept it; empty for others. */
  private Optional<EventsTransport> streamed(HttpRequest<?> request) {
    Optional<EventsTransport> stream =
        transports.stream().filter(each -> each.mediaType().equals(EVENT_STREAM)).findFirst();
    List<String> offers =
        stream.isPresent()
            ? List.of(MediaType.APPLICATION_JSON, EVENT_STREAM)
            : List.of(MediaType.APPLICATION_JSON);
    return Accept.of(request).require(offers).equals(EVENT_STREAM) ? stream : Optional.empty();
  }

  private static String header(HttpRequest<?> request, String name) {
    return Text.ofHeader("the header " + name, Once.text(request, name));
  }
}
