package io.tailwater.edge.socketio;

import io.micronaut.core.io.ResourceLoader;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Consumes;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Delete;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Patch;
import io.micronaut.http.annotation.PathVariable;
import io.micronaut.http.annotation.Post;
import io.micronaut.http.annotation.Produces;
import io.micronaut.http.annotation.Put;
import io.netty.channel.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.connection.HangUp;
import io.tailwater.edge.files.ServedFile;
import io.tailwater.edge.http.Bodies;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.http.Takeover;
import io.tailwater.edge.loop.EdgeLoop;
import io.tailwater.edge.loop.EdgeLoops;
import io.tailwater.edge.websocket.Handshake;
import io.tailwater.edge.websocket.WebSockets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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

  /** The client's own builds, as its package on npm has them. */
  private static final List<String> CLIENTS =
      List.of("socket.io.js", "socket.io.min.js", "socket.io.esm.min.js");

  private static final String SCRIPT = "text/javascript; charset=utf-8";

  private final EngineSessions sessions;
  private final SocketIoParts parts;
  private final Bodies bodies;
  private final WebSockets sockets;
  private final EdgeLoops loops;
  private final PassedPolls passed;
  private final Map<String, ServedFile> clients = new HashMap<>();

  SocketIoEndpoint(
      ResourceLoader resources,
      EngineSessions sessions,
      SocketIoParts parts,
      Bodies bodies,
      WebSockets sockets,
      EdgeLoops loops,
      PassedPolls passed) {
    this.sessions = sessions;
    this.parts = parts;
    this.bodies = bodies;
    this.sockets = sockets;
    this.loops = loops;
    this.passed = passed;
    for (String name : CLIENTS) {
      ServedFile file = ServedFile.find(resources, "classpath:socketio/client/" + name, SCRIPT);
      if (file != null) {
        clients.put(name, file);
      }
    }
  }

  /** The client, for pages of every origin. */
  @Get("/{name}.js")
  HttpResponse<?> client(HttpRequest<?> request, @PathVariable String name) {
    ServedFile file = clients.get(name + ".js");
    if (file == null) {
      throw new RequestException(
          ErrorCode.NOT_FOUND, "the client's files are " + String.join(", ", CLIENTS));
    }
    return file.answer(request)
        .header(HttpHeaders.CACHE_CONTROL, "public, max-age=300")
        .header(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, "*")
        .header("Cross-Origin-Resource-Policy", "cross-origin");
  }

  @Get
  CompletableFuture<HttpResponse<?>> get(HttpRequest<?> request) {
    EngineError refusal = refusal(request);
    if (refusal != null) {
      return refused(refusal);
    }
    String sid = parameter(request, "sid");
    EngineSession session = sid == null ? null : sessions.find(sid);
    boolean webSocket = WEBSOCKET.equals(parameter(request, "transport"));
    if (sid != null && session == null) {
      return webSocket ? refused(EngineError.SESSION_UNKNOWN) : passed.poll(request, sid);
    }
    if (session == null && sessions.full()) {
      return refused(EngineError.OVERLOADED);
    }
    if (webSocket) {
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
    return session == null ? sendElsewhere(request, sid) : send(request, session);
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
    SocketIoClient.Handshaker handshaker = handshaker(request);
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
    if (hasBytes(request) || !session.beginPost()) {
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
                          if (body == null) {
                            session.close();
                          }
                          response.complete(
                              body == null
                                  ? unreadable(Problems.refusal(request, failure))
                                  : session.sent(body));
                        }));
    return response;
  }

  private CompletableFuture<HttpResponse<?>> sendElsewhere(HttpRequest<?> request, String sid) {
    if (hasBytes(request)) {
      return passed.malformed(sid, EngineError.BAD_REQUEST.response());
    }
    return read(request)
        .handle(
            (body, failure) ->
                body == null
                    ? passed.malformed(sid, unreadable(Problems.refusal(request, failure)))
                    : passed.send(sid, body))
        .thenCompose(answer -> answer);
  }

  private static boolean hasBytes(HttpRequest<?> request) {
    return request
        .getContentType()
        .filter(MediaType.APPLICATION_OCTET_STREAM_TYPE::equals)
        .isPresent();
  }

  private CompletableFuture<byte[]> read(HttpRequest<?> request) {
    try {
      return bodies.read(
          request, parts.access().withoutToken(request), parts.configuration().maxPayload());
    } catch (RequestException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static HttpResponse<?> unreadable(RequestException refusal) {
    return refusal.code() == ErrorCode.TOO_LARGE
        ? EngineError.TOO_LARGE.response()
        : Problems.response(refusal);
  }

  // --- WebSockets ---

  private CompletableFuture<HttpResponse<?>> webSocket(
      HttpRequest<?> request, @Nullable EngineSession session) {
    if (!Handshake.isRequested(request)) {
      return refused(EngineError.BAD_REQUEST);
    }
    SocketIoClient.Handshaker handshaker = handshaker(request);
    if (handshaker instanceof SocketIoClient.Handshaker.Refused refused
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

  private SocketIoClient.Handshaker handshaker(HttpRequest<?> request) {
    try {
      if (Handshake.isRequested(request)) {
        parts.access().requireOrigin(request);
      }
      return new SocketIoClient.Handshaker.Known(parts.access().identify(request));
    } catch (RequestException e) {
      return new SocketIoClient.Handshaker.Refused(
          e, parts.access().withoutToken(request).address());
    }
  }
}
