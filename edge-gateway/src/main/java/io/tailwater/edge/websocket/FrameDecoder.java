package io.tailwater.edge.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.websocketx.WebSocket13FrameDecoder;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.tailwater.edge.connection.InputEnd;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: decodes a client's frames, and stops between any two of
 * them when told so. What it has received by then stays as it came: at most the bytes of one read.
 */
final class FrameDecoder extends WebSocket13FrameDecoder {
  private @Nullable ChannelHandlerContext context;
  private boolean stopped = true;

  FrameDecoder(WebSocketDecoderConfig configuration) {
    super(configuration);
  }

  /** Decodes nothing more until {@link #resume}. */
  void stop() {
    stopped = true;
  }

  boolean stopped() {
    return stopped;
  }

  /** Decodes what it has received, and what comes. Never within a call of its own. */
  void resume() {
    ChannelHandlerContext context = Objects.requireNonNull(this.context, "not in a pipeline");
    stopped = false;
    try {
      channelRead(context, Unpooled.EMPTY_BUFFER);
      channelReadComplete(context);
    } catch (Exception broken) {
      context.fireExceptionCaught(broken);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) throws Exception {
    super.handlerAdded(context);
    this.context = context;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws Exception {
    if (!stopped) {
      super.decode(context, in, out);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) throws Exception {
    if (stopped || InputEnd.isReached(context.channel())) {
      // Netty's would read on, since nothing was decoded. Its epoll transport fails at that if the
      // client sends no more.
      discardSomeReadBytes();
      context.fireChannelReadComplete();
    } else {
      super.channelReadComplete(context);
    }
  }
}
