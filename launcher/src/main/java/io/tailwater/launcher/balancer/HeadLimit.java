package io.tailwater.launcher.balancer;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: resets a connection whose first request does not end its
 * head in time. A head ends with an empty line; nothing else of HTTP is looked at. Later requests
 * are the gateway's.
 */
final class HeadLimit extends ChannelInboundHandlerAdapter {
  private final Duration limit;
  private final Seats seats;
  private @Nullable Future<?> timer;
  private boolean lineIsEmpty;

  HeadLimit(Duration limit, Seats seats) {
    this.limit = limit;
    this.seats = seats;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    timer =
        context
            .executor()
            .schedule(() -> endLate(context), limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void endLate(ChannelHandlerContext context) {
    if (context.channel().isOpen()) {
      seats.countLate();
      Relay.reset(context.channel());
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof ByteBuf bytes && endsHead(bytes)) {
      context.pipeline().remove(this);
    }
    context.fireChannelRead(message);
  }

  private boolean endsHead(ByteBuf bytes) {
    return bytes.forEachByte(
            each -> {
              boolean ends = each == '\n' && lineIsEmpty;
              lineIsEmpty = each == '\n' || (each == '\r' && lineIsEmpty);
              return !ends;
            })
        >= 0;
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (timer != null) {
      timer.cancel(false);
    }
  }
}
