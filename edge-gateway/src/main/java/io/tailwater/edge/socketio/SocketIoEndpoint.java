package io.tailwater.edge.socketio;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Patch;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.Put;
import io.netty.channel.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.connection.HangUp;
import io.tailwater.edge.http.Bodies;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.http.Takeover;
import io.tailwater.edge.loop.EdgeLoop;
import io.tailwater.edge.loop.EdgeLoops;
import io.tailwater.edge.websocket.Handshake;
import io.tailwater.edge.websocket.WebSockets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * {@code /socket.io/}: the requests of Engine.IO 4. Parameters that are not the protocol's are the
 * application's, and mean nothing here. Any thread.
 */
@Controller("/socket.io")
@Consumes(MediaType.ALL)
@Produces(MediaType.ALL)
final class SocketIoEndpoint {
  private static final String VERSION = "4";
  private static final String POLLING = "polling";
  private static final String WEBSOCKET = "websocket";

  private final EngineSessions sessions;
  private final SocketIoParts parts;
  private final Bodies bodies;
  private final WebSockets sockets;
  private final EdgeLoops loops;

  SocketIoEndpoint(
      EngineSessions sessions,
      SocketIoParts parts,
      Bodies bodies,
      WebSockets sockets,
      EdgeLoops loops) {
    this.sessions = sessions;
    this.parts = parts;
    this.bodies = bodies;
    this.sockets = sockets;
    this.loops = loops;
  }

  @Get
  CompletableFuture<HttpResponse<?>> get(HttpRequest<?> request) {
    EngineError refusal = refusal(request);
    if (refusal != null) {
      return refused(refusal);
    }
    String sid = parameter(request, "sid");
    EngineSession session = sid == null ? null : sessions.find(sid);
    if (sid != null && session == null) {
      return refused(EngineError.SESSION_UNKNOWN);
    }
    if (session == null && sessions.full()) {
      return refused(EngineError.OVERLOADED);
    }
    if (WEBSOCKET.equals(parameter(request, "transport"))) {
      return webSocket(request, session);
    }
    return session == null ? open(request) : poll(request, session);
  }

  @Post
  CompletableFuture<HttpResponse<?>> post(HttpRequest<?> request) {
    EngineError refusal = refusal(request);
    if (refusal != null) {
      return refused(refusal);
    }
    String sid = parameter(request, "sid");
    if (sid == null || !POLLING.equals(parameter(request, "transport"))) {
      return refused(sid == null ? EngineError.BAD_HANDSHAKE_METHOD : EngineError.BAD_REQUEST);
    }
    EngineSession session = sessions.find(sid);
    return session == null ? refused(EngineError.SESSION_UNKNOWN) : send(request, session);
  }

  @Put
  CompletableFuture<HttpResponse<?>> put() {
    return refused(EngineError.BAD_HANDSHAKE_METHOD);
  }

  @Delete
  CompletableFuture<HttpResponse<?>> delete() {
    return refused(EngineError.BAD_HANDSHAKE_METHOD);
  }

  @Patch
  CompletableFuture<HttpResponse<?>> patch() {
    return refused(EngineError.BAD_HANDSHAKE_METHOD);
  }

  /** What is wrong with any request; null if nothing is. */
  private static @Nullable EngineError refusal(HttpRequest<?> request) {
    String transport = parameter(request, "transport");
    if (!POLLING.equals(transport) && !WEBSOCKET.equals(transport)) {
      return EngineError.TRANSPORT_UNKNOWN;
    }
    return VERSION.equals(parameter(request, "EIO")) ? null : EngineError.UNSUPPORTED_PROTOCOL;
  }

  /** The first value of a parameter; null if it is not there. */
  private static @Nullable String parameter(HttpRequest<?> request, String name) {
    List<String> values = request.getParameters().getAll(name);
    return values.isEmpty() ? null : values.getFirst();
  }

  private static CompletableFuture<HttpResponse<?>> refused(EngineError refusal) {
    return CompletableFuture.completedFuture(refusal.response());
  }

  // --- polls ---

  private CompletableFuture<HttpResponse<?>> open(HttpRequest<?> request) {
    Handshaker handshaker = handshaker(request);
    EdgeLoop loop = loops.of(Takeover.connection(request).eventLoop());
    CompletableFuture<HttpResponse<?>> response = new CompletableFuture<>();
    loop.execute(
        () -> {
          PollLeg leg = new PollLeg();
          leg.poll(response);
          EngineSession session = sessions.open(loop, leg);
          session.begin(new SocketIoClient(session, handshaker, parts));
        });
    return response;
  }

  private static CompletableFuture<HttpResponse<?>> poll(
      HttpRequest<?> request, EngineSession session) {
    CompletableFuture<HttpResponse<?>> response = new CompletableFuture<>();
    Channel netty = Takeover.connection(request);
    HangUp hangUp = new HangUp(netty, () -> session.loop().execute(session::hungUp));
    session.loop().execute(() -> session.onPoll(response));
    return response.whenComplete((answer, failure) -> hangUp.ignore());
  }

  private CompletableFuture<HttpResponse<?>> send(HttpRequest<?> request, EngineSession session) {
    boolean bytes =
        request
            .getContentType()
            .filter(MediaType.APPLICATION_OCTET_STREAM_TYPE::equals)
            .isPresent();
    if (bytes || !session.beginPost()) {
      session.loop().execute(session::close);
      return refused(EngineError.BAD_REQUEST);
    }
    CompletableFuture<HttpResponse<?>> response = new CompletableFuture<>();
    read(request)
        .whenComplete(
            (body, failure) ->
                session
                    .loop()
                    .execute(
                        () -> {
                          session.endPost();
                          response.complete(
                              body == null
                                  ? unreadable(session, Problems.refusal(request, failure))
                                  : sent(session, body));
                        }));
    return response;
  }

  private CompletableFuture<byte[]> read(HttpRequest<?> request) {
    try {
      return bodies.read(
          request, parts.access().withoutToken(request), parts.configuration().maxPayload());
    } catch (RequestException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static HttpResponse<?> unreadable(EngineSession session, RequestException refusal) {
    session.close();
    return refusal.code() == ErrorCode.TOO_LARGE
        ? EngineError.TOO_LARGE.response()
        : Problems.response(refusal);
  }

  private static HttpResponse<?> sent(EngineSession session, byte[] body) {
    return session.onPayload(body)
        ? HttpResponse.ok("ok").contentType(MediaType.TEXT_PLAIN_TYPE)
        : EngineError.BAD_REQUEST.response();
  }

  // --- WebSockets ---

  private CompletableFuture<HttpResponse<?>> webSocket(
      HttpRequest<?> request, @Nullable EngineSession session) {
    if (!Handshake.isRequested(request)) {
      return refused(EngineError.BAD_REQUEST);
    }
    Handshaker handshaker = handshaker(request);
    if (handshaker instanceof Handshaker.Refused refused
        && refused.refusal().code() == ErrorCode.ORIGIN_DENIED) {
      return refused(EngineError.FORBIDDEN);
    }
    Handshake handshake = Handshake.of(request, offered(request)).withoutCompression();
    Channel netty = Takeover.connection(request);
    sockets.open(
        netty,
        handshake,
        parts.configuration().maxPayload(),
        socket -> {
          EdgeLoop loop = session == null ? loops.of(netty.eventLoop()) : session.loop();
          if (session != null) {
            return conversation(
                socket,
                session,
                new SocketLeg(socket, loop, session::onWritable),
                new EngineConversation.Start.Upgrade());
          }
          SocketLeg leg = new SocketLeg(socket, loop, () -> {});
          EngineSession begun = sessions.open(loop, leg);
          return conversation(
              socket,
              begun,
              leg,
              new EngineConversation.Start.New(new SocketIoClient(begun, handshaker, parts)));
        });
    // Never completed: the connection has left HTTP.
    return new CompletableFuture<>();
  }

  private EngineConversation conversation(
      io.tailwater.edge.websocket.WebSocket socket,
      EngineSession session,
      SocketLeg leg,
      EngineConversation.Start start) {
    return new EngineConversation(
        socket, session, leg, start, parts.configuration().upgradeWithin().toMillis());
  }

  /** The library has no subprotocol; an application may name one, and is given its first. */
  private static List<String> offered(HttpRequest<?> request) {
    return request.getHeaders().getAll("Sec-WebSocket-Protocol").stream()
        .flatMap(line -> Arrays.stream(line.split(",")))
        .map(String::strip)
        .toList();
  }

  private Handshaker handshaker(HttpRequest<?> request) {
    try {
      if (Handshake.isRequested(request)) {
        parts.access().requireOrigin(request);
      }
      return new Handshaker.Known(parts.access().identify(request));
    } catch (RequestException e) {
      return new Handshaker.Refused(e, parts.access().withoutToken(request).address());
    }
  }
}
