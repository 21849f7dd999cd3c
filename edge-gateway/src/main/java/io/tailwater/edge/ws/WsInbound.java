package io.tailwater.edge.ws;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CorruptedWebSocketFrameException;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a client sends: puts the fragments of its messages together, and hands them on. The frame
 * decoder before it has checked each frame by itself. While a client's answers wait, nothing is
 * read from it. Confined to the connection's event loop.
 */
final class WsInbound extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(WsInbound.class);
  private static final int RSV1 = 4;

  private final WsTransport transport;
  private final WsConversation conversation;
  private final WsConfiguration configuration;
  private final WsMetrics metrics;
  private final boolean compression;
  private @Nullable ByteBuf assembling;
  private boolean text;
  private boolean compressed;

  /**
   * @param compression whether messages may be compressed
   */
  WsInbound(
      WsTransport transport,
      WsConversation conversation,
      boolean compression,
      WsConfiguration configuration,
      WsMetrics metrics) {
    this.transport = transport;
    this.conversation = conversation;
    this.compression = compression;
    this.configuration = configuration;
    this.metrics = metrics;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      transport.heard();
      if (message instanceof WebSocketFrame frame) {
        onFrame(frame);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    transport.flush();
    conversation.readWhatIsAnswered();
  }

  private void onFrame(WebSocketFrame frame) {
    if (transport.closing() && !(frame instanceof CloseWebSocketFrame)) {
      return;
    }
    boolean first = frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame;
    if (frame.rsv() != 0 && !(first && compression && frame.rsv() == RSV1)) {
      fail(CloseCode.PROTOCOL, "a reserved bit is set");
      return;
    }
    switch (frame) {
      case PingWebSocketFrame ping -> transport.pong(ping.content());
      case PongWebSocketFrame pong -> {
        // That it came is all.
      }
      case CloseWebSocketFrame close -> onClose(close);
      case ContinuationWebSocketFrame rest -> add(rest);
      default -> {
        text = frame instanceof TextWebSocketFrame;
        compressed = frame.rsv() == RSV1;
        if (frame.isFinalFragment()) {
          onMessage(frame.content());
        } else {
          assembling = transport.connection().alloc().directBuffer(256);
          add(frame);
        }
      }
    }
  }

  private void add(WebSocketFrame fragment) {
    ByteBuf message = assembling;
    if (message == null) {
      return; // the decoder lets no continuation through that continues nothing
    }
    int bytes = fragment.content().readableBytes();
    if (message.readableBytes() + bytes > configuration.frameBytes()) {
      fail(CloseCode.TOO_LARGE, tooLarge());
      return;
    }
    message.writeBytes(fragment.content());
    metrics.assembling(bytes);
    if (fragment.isFinalFragment()) {
      try {
        onMessage(message);
      } finally {
        forget();
      }
    }
  }

  private void onMessage(ByteBuf message) {
    if (!compressed) {
      onPlainMessage(message);
      return;
    }
    ByteBuf plain = transport.connection().alloc().directBuffer(2 * message.readableBytes() + 64);
    try {
      switch (PerMessageDeflate.inflate(message, configuration.frameBytes(), plain)) {
        case WHOLE -> onPlainMessage(plain);
        case TOO_LARGE -> fail(CloseCode.TOO_LARGE, tooLarge());
        case BROKEN -> fail(CloseCode.UNREADABLE_TEXT, "a compressed message cannot be inflated");
      }
    } finally {
      plain.release();
    }
  }

  private void onPlainMessage(ByteBuf message) {
    if (text && !ByteBufUtil.isText(message, StandardCharsets.UTF_8)) {
      fail(CloseCode.UNREADABLE_TEXT, "a text message is to be UTF-8");
    } else if (text != (transport.subprotocol() == Subprotocol.JSON)) {
      fail(
          CloseCode.BAD_FRAME,
          transport.subprotocol().wire() + " has " + (text ? "binary" : "text") + " messages only");
    } else {
      conversation.onMessage(message);
    }
  }

  private void onClose(CloseWebSocketFrame close) {
    conversation.gone();
    forget();
    transport.closedByClient(Math.max(0, close.statusCode()));
  }

  private String tooLarge() {
    return "a message is at most " + configuration.frameBytes() + " bytes";
  }

  private void fail(CloseCode code, String reason) {
    forget();
    transport.fail(code, reason);
  }

  private void forget() {
    ByteBuf message = assembling;
    if (message != null) {
      metrics.assembling(-message.readableBytes());
      assembling = null;
      message.release();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    conversation.onWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    forget();
    conversation.gone();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    switch (cause) {
      case CorruptedWebSocketFrameException broken -> fail(code(broken), reason(broken));
      case IOException broken -> {
        // A reset, nearly always; the client comes back with its positions.
        conversation.gone();
        context.close();
      }
      default -> {
        LOG.error("a WebSocket connection failed", cause);
        fail(CloseCode.INTERNAL, "this should not have happened; it has been logged");
      }
    }
  }

  private static CloseCode code(CorruptedWebSocketFrameException broken) {
    WebSocketCloseStatus status = broken.closeStatus();
    if (status.equals(WebSocketCloseStatus.MESSAGE_TOO_BIG)) {
      return CloseCode.TOO_LARGE;
    }
    return status.equals(WebSocketCloseStatus.INVALID_PAYLOAD_DATA)
        ? CloseCode.UNREADABLE_TEXT
        : CloseCode.PROTOCOL;
  }

  private String reason(CorruptedWebSocketFrameException broken) {
    return code(broken) == CloseCode.TOO_LARGE ? tooLarge() : String.valueOf(broken.getMessage());
  }
}
