package io.tailwater.edge.websocket;

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
import io.tailwater.edge.connection.InputEnd;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Confined to the connection's event loop: joins the fragments of a client's messages, and passes
 * the messages on. The decoder before it has checked each frame by itself. Frames of any kind are
 * read only while the connection is writable and its conversation is not full.
 */
final class Inbound extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = LoggerFactory.getLogger(Inbound.class);
  private static final int RSV1 = 4;

  /** With this code a client closes that goes on with another connection: as if it had broken. */
  private static final int GOES_ON = 4000;

  private final FrameDecoder decoder;
  private final WebSocket socket;
  private final Conversation conversation;
  private final @Nullable ClientContext context;
  private final int maxBytes;
  private final WebSocketMetrics metrics;
  private @Nullable ByteBuf assembling;
  private boolean text;
  private boolean compressed;
  private boolean resuming;

  /**
   * @param context null if each compressed message stands alone
   * @param maxBytes most bytes of a message
   */
  Inbound(
      FrameDecoder decoder,
      WebSocket socket,
      Conversation conversation,
      @Nullable ClientContext context,
      int maxBytes,
      WebSocketMetrics metrics) {
    this.decoder = decoder;
    this.socket = socket;
    this.conversation = conversation;
    this.context = context;
    this.maxBytes = maxBytes;
    this.metrics = metrics;
    socket.onReadOn(this::readOn);
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    assert context.executor().inEventLoop();
    try {
      socket.heard();
      if (message instanceof WebSocketFrame frame) {
        onFrame(frame);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
    if (!mayRead()) {
      pause();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    socket.flush();
    readOn();
  }

  /** The answer to a client's close is awaited in any case. */
  private boolean mayRead() {
    return socket.closing() || socket.writable() && !conversation.full();
  }

  private void pause() {
    if (!decoder.stopped()) {
      metrics.paused();
      decoder.stop();
      socket.netty().config().setAutoRead(false);
    }
  }

  private void readOn() {
    if (decoder.stopped() && mayRead()) {
      resumeSoon();
    }
  }

  /** In a task of its own, since the decoder may be at work. */
  private void resumeSoon() {
    if (!resuming) {
      resuming = true;
      socket.netty().eventLoop().execute(this::resume);
    }
  }

  /** What the client asks comes before what it reads, or it could not stop a long replay. */
  private void resume() {
    resuming = false;
    if (!socket.netty().isActive()) {
      return;
    }
    if (decoder.stopped() && mayRead()) {
      // Of a client that sends no more, nothing can be read, but its last frames are here.
      if (!InputEnd.isReached(socket.netty())) {
        socket.netty().config().setAutoRead(true);
      }
      decoder.resume();
    }
    if (socket.writable()) {
      conversation.onWritable();
    }
  }

  private void onFrame(WebSocketFrame frame) {
    if (socket.closing() && !(frame instanceof CloseWebSocketFrame)) {
      return;
    }
    boolean first = frame instanceof TextWebSocketFrame || frame instanceof BinaryWebSocketFrame;
    if (frame.rsv() != 0 && !(first && socket.compression() && frame.rsv() == RSV1)) {
      fail(CloseCode.PROTOCOL, "a reserved bit is set");
      return;
    }
    switch (frame) {
      case PingWebSocketFrame ping -> socket.pong(ping.content());
      case PongWebSocketFrame pong -> {
        // That it arrived is enough.
      }
      case CloseWebSocketFrame close -> onClose(close);
      case ContinuationWebSocketFrame rest -> add(rest);
      default -> {
        text = frame instanceof TextWebSocketFrame;
        compressed = frame.rsv() == RSV1;
        if (frame.isFinalFragment()) {
          onMessage(frame.content());
        } else {
          assembling = socket.netty().alloc().directBuffer(256);
          add(frame);
        }
      }
    }
  }

  private void add(WebSocketFrame fragment) {
    ByteBuf message = assembling;
    if (message == null) {
      return; // the decoder passes no continuation on that continues nothing
    }
    int bytes = fragment.content().readableBytes();
    if (message.readableBytes() + bytes > maxBytes) {
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
    ByteBuf plain = socket.netty().alloc().directBuffer(2 * message.readableBytes() + 64);
    try {
      switch (inflate(message, plain)) {
        case WHOLE -> onPlainMessage(plain);
        case TOO_LARGE -> fail(CloseCode.TOO_LARGE, tooLarge());
        case BROKEN -> fail(CloseCode.UNREADABLE, "a compressed message cannot be inflated");
      }
    } finally {
      plain.release();
    }
  }

  private PerMessageDeflate.Inflated inflate(ByteBuf message, ByteBuf plain) {
    return context == null
        ? PerMessageDeflate.inflate(message, maxBytes, plain)
        : context.inflate(message, maxBytes, plain);
  }

  private void onPlainMessage(ByteBuf message) {
    if (text && !ByteBufUtil.isText(message, StandardCharsets.UTF_8)) {
      fail(CloseCode.UNREADABLE, "a text message must be UTF-8");
    } else {
      conversation.onMessage(text, message);
    }
  }

  private void onClose(CloseWebSocketFrame close) {
    if (socket.closing() || close.statusCode() == GOES_ON) {
      conversation.onEnd();
    } else {
      conversation.onClose();
    }
    forget();
    socket.closedByClient(Math.max(0, close.statusCode()));
  }

  private String tooLarge() {
    return "a message is at most " + maxBytes + " bytes";
  }

  private void fail(CloseCode code, String reason) {
    conversation.onEnd();
    forget();
    socket.close(code.code(), reason);
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
    if (decoder.stopped()) {
      resumeSoon();
    } else if (socket.writable()) {
      conversation.onWritable();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    forget();
    conversation.onEnd();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    switch (cause) {
      case CorruptedWebSocketFrameException broken -> fail(code(broken), reason(broken));
      case IOException broken -> {
        // A reset, nearly always; the client comes back with its positions.
        conversation.onEnd();
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
        ? CloseCode.UNREADABLE
        : CloseCode.PROTOCOL;
  }

  private String reason(CorruptedWebSocketFrameException broken) {
    return code(broken) == CloseCode.TOO_LARGE ? tooLarge() : String.valueOf(broken.getMessage());
  }
}
