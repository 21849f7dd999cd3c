package io.tailwater.edge.ws;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.micronaut.http.annotation.Controller;
import io.micronaut.http.annotation.Get;
import io.micronaut.http.annotation.Produces;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Access;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.http.Takeover;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.publish.Publishing;
import java.time.InstantSource;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** {@code GET /v1/ws}: the handshake; then the connection leaves HTTP. */
@Controller("/v1/ws")
final class WsEndpoint {
  private static final int UPGRADE_REQUIRED = 426;
  private static final Set<String> PARAMETERS = Set.of("access_token");

  private final WsParts parts;
  private final WebSocketDecoderConfig decoding;

  WsEndpoint(
      Access access,
      Namespaces namespaces,
      Subscriptions subscriptions,
      Publishing publishing,
      WsConfiguration configuration,
      MeterRegistry meters) {
    parts =
        new WsParts(
            access,
            namespaces,
            subscriptions,
            publishing,
            configuration,
            new WsMetrics(meters),
            InstantSource.system());
    decoding =
        WebSocketDecoderConfig.newBuilder()
            .expectMaskedFrames(true)
            .allowMaskMismatch(false)
            // Which bits may be set depends on the message, and is seen to behind it.
            .allowExtensions(true)
            .maxFramePayloadLength(configuration.frameBytes())
            .closeOnProtocolViolation(false)
            .withUTF8Validator(false)
            .build();
  }

  @Get
  @Produces(MediaType.ALL)
  CompletableFuture<HttpResponse<?>> connect(HttpRequest<?> request) {
    if (!Handshake.isAskedFor(request)) {
      RequestException refusal =
          new RequestException(
              ErrorCode.INVALID_REQUEST,
              "this is a WebSocket: Connection: Upgrade, Upgrade: websocket, Sec-WebSocket-Version: 13");
      return CompletableFuture.completedFuture(
          Problems.response(refusal, UPGRADE_REQUIRED)
              .header(HttpHeaders.CONNECTION, HttpHeaders.UPGRADE)
              .header(HttpHeaders.UPGRADE, Handshake.PROTOCOL)
              .header("Sec-WebSocket-Version", Handshake.VERSION));
    }
    request.getParameters().names().stream()
        .filter(name -> !PARAMETERS.contains(name))
        .findFirst()
        .ifPresent(
            name -> {
              throw new RequestException(
                  ErrorCode.INVALID_REQUEST, "there is no parameter '" + name + "': access_token");
            });
    Handshake handshake = Handshake.of(request);
    Caller caller = caller(request);
    Channel connection = Takeover.connection(request);
    connection.eventLoop().execute(() -> begin(connection, handshake, caller));
    // Never completed: the connection has left HTTP.
    return new CompletableFuture<>();
  }

  /**
   * Who connects. A browser cannot read a refused handshake, so who is refused is told on the
   * connection.
   */
  private sealed interface Caller {
    record Known(Identity identity) implements Caller {}

    record Refused(CloseCode code, String reason) implements Caller {}
  }

  private Caller caller(HttpRequest<?> request) {
    try {
      parts.access().requireOrigin(request);
      return new Caller.Known(parts.access().identify(request));
    } catch (RequestException e) {
      CloseCode code =
          e.code() == ErrorCode.ORIGIN_DENIED ? CloseCode.FORBIDDEN : CloseCode.UNAUTHORIZED;
      return new Caller.Refused(code, e.text());
    }
  }

  private void begin(Channel connection, Handshake handshake, Caller caller) {
    if (!connection.isActive()) {
      return;
    }
    WsConfiguration configuration = parts.configuration();
    WsTransport transport =
        new WsTransport(
            connection,
            handshake.subprotocol(),
            handshake.compression(),
            configuration,
            parts.metrics());
    WsConversation conversation = new WsConversation(transport, parts);
    Takeover.upgrade(
        connection,
        Handshake.PROTOCOL,
        handshake.headers(),
        new WebSocket13FrameDecoder(decoding),
        new WsInbound(
            transport, conversation, handshake.compression(), configuration, parts.metrics()));
    switch (caller) {
      case Caller.Known(Identity identity) -> {
        try {
          conversation.begin(identity);
          connection.flush();
        } catch (RequestException e) {
          transport.close(CloseCode.TOO_MANY, e.text());
        }
      }
      case Caller.Refused(CloseCode code, String reason) -> transport.close(code, reason);
    }
  }
}
