package io.tailwater.edge.websocket;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.http.Takeover;
import io.tailwater.edge.loop.EdgeLoops;
import java.util.function.Function;

/** Any thread: makes WebSockets of connections that asked for it, for every protocol on them. */
public final class WebSockets {
  private final EdgeLoops loops;
  private final WebSocketConfiguration configuration;
  private final WebSocketMetrics metrics;
  private final ClientContexts contexts;

  WebSockets(EdgeLoops loops, WebSocketConfiguration configuration, MeterRegistry meters) {
    this.loops = loops;
    this.configuration = configuration;
    this.metrics = new WebSocketMetrics(meters);
    this.contexts = new ClientContexts(configuration.contexts(), meters);
  }

  private static WebSocketDecoderConfig decoding(int maxBytes) {
    return WebSocketDecoderConfig.newBuilder()
        .expectMaskedFrames(true)
        .allowMaskMismatch(false)
        // Which bits may be set depends on the message, and is checked after the decoder.
        .allowExtensions(true)
        .maxFramePayloadLength(maxBytes)
        .closeOnProtocolViolation(false)
        .withUTF8Validator(false)
        .build();
  }

  /**
   * Answers a handshake, and begins a conversation. Nothing of the client is read before the
   * conversation has begun.
   *
   * @param netty what the request came by; it leaves HTTP, so the request is never answered
   * @param conversation makes the conversation, on the connection's event loop
   */
  public void open(
      Channel netty, Handshake handshake, Function<WebSocket, Conversation> conversation) {
    open(netty, handshake, configuration.frameBytes(), conversation);
  }

  /**
   * As {@link #open(Channel, Handshake, Function)}, for a protocol with a bound of its own.
   *
   * @param maxBytes most bytes of a client's message
   */
  public void open(
      Channel netty,
      Handshake handshake,
      int maxBytes,
      Function<WebSocket, Conversation> conversation) {
    netty.eventLoop().execute(() -> begin(netty, handshake, maxBytes, conversation));
  }

  private void begin(
      Channel netty,
      Handshake handshake,
      int maxBytes,
      Function<WebSocket, Conversation> conversation) {
    if (!netty.isActive()) {
      return;
    }
    ClientContext context =
        handshake.compression() == Handshake.Compression.WITH_CONTEXT ? contexts.take(netty) : null;
    WebSocket socket =
        new WebSocket(
            netty,
            new Outlet(netty, loops.of(netty.eventLoop())),
            handshake.compression() != Handshake.Compression.NONE,
            configuration,
            metrics);
    Conversation begun = conversation.apply(socket);
    FrameDecoder decoder = new FrameDecoder(decoding(maxBytes));
    Takeover.upgrade(
        netty,
        Handshake.PROTOCOL,
        handshake.answer(context != null),
        decoder,
        new Inbound(decoder, socket, begun, context, maxBytes, metrics));
    begun.begin();
    socket.flush();
    socket.readOn();
  }
}
