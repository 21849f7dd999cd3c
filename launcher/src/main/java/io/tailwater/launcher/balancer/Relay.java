package io.tailwater.launcher.balancer;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One side of a connection through the balancer: what it reads, its peer writes. Both sides belong
 * to one event loop.
 */
sealed class Relay extends ChannelInboundHandlerAdapter {
  static final int MAX_BUFFERED = 64 * 1024;
  static final WriteBufferWaterMark BUFFERED =
      new WriteBufferWaterMark(MAX_BUFFERED / 2, MAX_BUFFERED);

  private static final int CONNECT_LIMIT_MS = 2_000;

  private @Nullable Channel peer;
  private boolean inputEnded;
  private boolean outputEnded;
  private boolean aborted;

  static AdaptiveRecvByteBufAllocator receiveBuffers() {
    return new AdaptiveRecvByteBufAllocator(512, 2048, MAX_BUFFERED / 2);
  }

  void join(@Nullable Channel other) {
    peer = other;
  }

  /** Ends this side alone: its peer goes on with another one. */
  void leave(Channel own) {
    peer = null;
    aborted = true;
    own.close();
  }

  @Nullable Channel peer() {
    return peer;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object bytes) {
    if (peer == null || aborted) {
      ReferenceCountUtil.release(bytes);
    } else {
      // A failed write is told to the peer's own exceptionCaught.
      peer.write(bytes, peer.voidPromise());
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (peer != null) {
      peer.flush();
    }
  }

  /** Whoever can't take more stops the other one's reading. */
  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (peer != null) {
      peer.config().setAutoRead(context.channel().isWritable());
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownEvent && peer != null && !aborted) {
      inputEnded = true;
      Channel other = peer;
      other
          .writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(written -> ((DuplexChannel) other).shutdownOutput())
          .addListener(written -> endOutput(context.channel(), other));
    }
  }

  /**
   * The peer has sent all that we had read. When that is so in both directions, the connection is
   * over.
   */
  private void endOutput(Channel own, Channel other) {
    outputEnded = true;
    Relay others = other.pipeline().get(Relay.class);
    if (others == null || (others.inputEnded && others.outputEnded)) {
      own.close();
      other.close();
    }
  }

  /** A reset, or a write that nobody will read: the other side sees a reset too. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    abort(context.channel());
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (!(inputEnded && outputEnded)) {
      abort(context.channel());
    }
  }

  private void abort(Channel own) {
    if (!aborted) {
      aborted = true;
      reset(own);
      if (peer != null) {
        reset(peer);
      }
    }
  }

  /** Closes both sides in order, whatever is left to send. */
  void end(Channel own) {
    aborted = true;
    own.close();
    if (peer != null) {
      peer.close();
    }
  }

  /** Closes with a reset instead of an orderly end. */
  static void reset(Channel channel) {
    if (channel.isOpen()) {
      channel.config().setOption(ChannelOption.SO_LINGER, 0);
      channel.close();
    }
  }

  /** The side that came: finds its gateway, then starts to read. */
  static final class Client extends Relay {
    private final Turns turns;
    private final Seats seats;

    /** Before the first bytes have been looked at. */
    private boolean fresh = true;

    private int gateway;

    /**
     * What came while the connection was moved to another gateway: what one turn of reading has.
     */
    private final List<ByteBuf> held = new ArrayList<>(0);

    private boolean heldEnd;

    Client(Turns turns, Seats seats) {
      this.turns = turns;
      this.seats = seats;
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof IdleStateEvent) {
        seats.countIdle();
        end(context.channel());
      } else if (event instanceof ChannelInputShutdownEvent && !held.isEmpty()) {
        heldEnd = true;
      } else {
        super.userEventTriggered(context, event);
      }
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
      gateway = turns.take();
      connect(context, gateway, turns.size());
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      if (fresh && message instanceof ByteBuf bytes && peer() != null) {
        fresh = false;
        int right = turns.withSession(bytes, gateway);
        if (right != gateway) {
          move(context, bytes, right);
          return;
        }
      }
      if (!held.isEmpty() && message instanceof ByteBuf bytes) {
        held.add(bytes);
      } else {
        super.channelRead(context, message);
      }
    }

    /** Goes to the gateway of the session. The one whose turn it was has not got a byte yet. */
    private void move(ChannelHandlerContext context, ByteBuf bytes, int right) {
      held.add(bytes);
      context.channel().config().setAutoRead(false);
      Channel wrong = Objects.requireNonNull(peer(), "moved before it was connected");
      wrong.pipeline().get(Relay.class).leave(wrong);
      join(null);
      connect(context, right, turns.size());
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
      held.forEach(ReferenceCountUtil::release);
      held.clear();
    }

    private void connect(ChannelHandlerContext context, int index, int attempts) {
      Channel client = context.channel();
      if (attempts == 0) {
        // A reset lets every client try again; an answer would stop an EventSource for good.
        reset(client);
        return;
      }
      var gatewaySide = new Relay();
      new Bootstrap()
          .group(client.eventLoop())
          .channel(NioSocketChannel.class)
          .option(ChannelOption.AUTO_READ, false)
          .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
          .option(ChannelOption.TCP_NODELAY, true)
          .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_LIMIT_MS)
          .option(ChannelOption.WRITE_BUFFER_WATER_MARK, BUFFERED)
          .option(ChannelOption.RECVBUF_ALLOCATOR, receiveBuffers())
          .handler(gatewaySide)
          .connect(turns.at(index))
          .addListener(
              (ChannelFuture connected) -> {
                if (!connected.isSuccess()) {
                  connect(context, index + 1, attempts - 1);
                } else {
                  begin(context, connected.channel(), gatewaySide);
                }
              });
    }

    private void begin(ChannelHandlerContext context, Channel gateway, Relay gatewaySide) {
      Channel client = context.channel();
      if (!client.isActive()) {
        reset(gateway);
        return;
      }
      join(gateway);
      gatewaySide.join(client);
      List<ByteBuf> first = List.copyOf(held);
      held.clear();
      first.forEach(bytes -> super.channelRead(context, bytes));
      channelReadComplete(context);
      if (heldEnd) {
        super.userEventTriggered(context, ChannelInputShutdownEvent.INSTANCE);
      }
      client.config().setAutoRead(true);
      gateway.config().setAutoRead(true);
    }
  }
}
