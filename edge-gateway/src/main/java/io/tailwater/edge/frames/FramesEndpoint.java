package io.tailwater.edge.frames;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.http.Takeover;
import io.tailwater.edge.websocket.Handshake;
import io.tailwater.edge.websocket.WebSockets;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Any thread: {@code GET /v1/ws}, the handshake. Then the connection leaves HTTP. */
@Controller("/v1/ws")
final class FramesEndpoint {
  private static final Set<String> PARAMETERS = Set.of("access_token");

  private final FramesParts parts;
  private final WebSockets sockets;

  FramesEndpoint(FramesParts parts, WebSockets sockets) {
    this.parts = parts;
    this.sockets = sockets;
  }

  @Get
  @Produces(MediaType.ALL)
  CompletableFuture<HttpResponse<?>> connect(HttpRequest<?> request) {
    if (!Handshake.isRequested(request)) {
      return CompletableFuture.completedFuture(Handshake.upgradeRequired());
    }
    request.getParameters().names().stream()
        .filter(name -> !PARAMETERS.contains(name))
        .findFirst()
        .ifPresent(
            name -> {
              throw new RequestException(
                  ErrorCode.INVALID_REQUEST, "unknown parameter '" + name + "': access_token");
            });
    Handshake handshake = Handshake.of(request, Subprotocol.names());
    Subprotocol subprotocol = Subprotocol.of(handshake.subprotocol());
    Caller caller = caller(request);
    sockets.open(
        Takeover.connection(request),
        handshake,
        socket ->
            new FramesConversation(
                new FramesTransport(
                    socket, subprotocol, parts.socket(), parts.configuration(), parts.retryDelay()),
                caller,
                parts));
    // Never completed: the connection has left HTTP.
    return new CompletableFuture<>();
  }

  private Caller caller(HttpRequest<?> request) {
    try {
      parts.access().requireOrigin(request);
      return new Caller.Known(parts.access().identify(request));
    } catch (RequestException e) {
      return new Caller.Refused(
          e.code() == ErrorCode.ORIGIN_DENIED ? Disconnect.FORBIDDEN : Disconnect.UNAUTHORIZED,
          e.text());
    }
  }
}
