package io.tailwater.edge.frames;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.netty.channel.Channel;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Authority;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.http.Takeover;
import io.tailwater.edge.request.Query;
import io.tailwater.edge.session.Session;
import io.tailwater.edge.websocket.Handshake;
import io.tailwater.edge.websocket.WebSockets;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Any thread: {@code GET /v1/ws}, the handshake. Then the connection leaves HTTP. */
@Controller("/v1/ws")
final class FramesEndpoint {
  private static final String SESSION = "session";
  private static final Set<String> PARAMETERS = Set.of(Query.ACCESS_TOKEN, SESSION);

  private final FramesParts parts;
  private final WebSockets sockets;
  private final Authority authority;

  FramesEndpoint(FramesParts parts, WebSockets sockets, Authority authority) {
    this.parts = parts;
    this.sockets = sockets;
    this.authority = authority;
  }

  @Get
  @Produces(MediaType.ALL)
  CompletableFuture<HttpResponse<?>> connect(HttpRequest<?> request) {
    if (!Handshake.isRequested(request)) {
      return CompletableFuture.completedFuture(Handshake.upgradeRequired());
    }
    String shown = Query.of(request, PARAMETERS).one(SESSION);
    Handshake handshake = Handshake.of(request, Subprotocol.names());
    Subprotocol subprotocol = Subprotocol.of(handshake.subprotocol());
    Channel netty = Takeover.connection(request);
    permitted(caller(request))
        .thenCompose(caller -> withSession(caller, shown))
        .thenAcceptAsync(
            begun ->
                sockets.open(
                    netty,
                    handshake,
                    socket ->
                        new FramesConversation(
                            new FramesTransport(
                                socket,
                                subprotocol,
                                begun.session(),
                                parts.socket(),
                                parts.configuration(),
                                parts.retryDelay()),
                            begun.caller(),
                            begun.session(),
                            shown,
                            parts)),
            task -> onLoop(netty, task));
    // Never completed: the connection has left HTTP.
    return new CompletableFuture<>();
  }

  private record Begun(Caller caller, Session session) {}

  /** Whoever is refused has no session that could be continued. */
  private CompletableFuture<Begun> withSession(Caller caller, @Nullable String shown) {
    return switch (caller) {
      case Caller.Known(Identity identity) ->
          parts
              .sessions()
              .begin(shown, identity.subject())
              .thenApply(session -> new Begun(caller, session));
      case Caller.Refused refused ->
          CompletableFuture.completedFuture(
              new Begun(caller, parts.sessions().fresh(Identity.ANONYMOUS)));
    };
  }

  private static void onLoop(Channel netty, Runnable task) {
    if (netty.eventLoop().inEventLoop()) {
      task.run();
    } else {
      netty.eventLoop().execute(task);
    }
  }

  /** The caller, unless the backend does not want it to connect. */
  private CompletableFuture<Caller> permitted(Caller caller) {
    return caller instanceof Caller.Known(Identity identity)
        ? authority
            .connect(identity)
            .handle(
                (allowed, failure) ->
                    failure instanceof RequestException refusal
                        ? new Caller.Refused(Caller.disconnect(refusal), refusal.text())
                        : caller)
        : CompletableFuture.completedFuture(caller);
  }

  private Caller caller(HttpRequest<?> request) {
    try {
      parts.access().requireOrigin(request);
      return new Caller.Known(parts.access().identify(request));
    } catch (RequestException e) {
      return new Caller.Refused(Caller.disconnect(e), e.text());
    }
  }
}
