package io.tailwater.edge;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.FileDescriptor;
import io.netty.handler.ssl.SslHandler;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The way out of a connection. A single event, which is what nearly every flush has to send, goes
 * from the memory that all readers share to the socket in one call; only what the socket does not
 * take, and what comes while something waits, goes by Netty's outbound buffer. Without epoll, or
 * under TLS, everything does. Confined to the connection's event loop.
 */
public final class Outlet implements ChannelFutureListener {
  /**
   * What may be held until the flush, bytes: too little to matter to a connection's water marks.
   */
  private static final int MOST_HELD_BYTES = 16 << 10;

  private final Channel connection;
  private final @Nullable FileDescriptor socket;
  private @Nullable ByteBuf held;

  /** Once the connection's pipeline is what it will be. */
  public Outlet(Channel connection) {
    this.connection = connection;
    boolean plain = connection.pipeline().get(SslHandler.class) == null;
    this.socket = plain && connection instanceof EpollSocketChannel epoll ? epoll.fd() : null;
    if (socket != null) {
      connection.closeFuture().addListener(this);
    }
  }

  /** What its bytes are best allocated by. */
  public ByteBufAllocator alloc() {
    return connection.alloc();
  }

  /** Takes bytes to send, and their reference; nothing is sent before {@link #flush}. */
  public void write(ByteBuf bytes) {
    if (held == null && goesStraight(bytes)) {
      held = bytes;
    } else {
      release();
      connection.write(bytes, connection.voidPromise());
    }
  }

  private boolean goesStraight(ByteBuf bytes) {
    if (socket == null || !bytes.hasMemoryAddress() || bytes.readableBytes() > MOST_HELD_BYTES) {
      return false;
    }
    ChannelOutboundBuffer waiting = connection.unsafe().outboundBuffer();
    return waiting != null && waiting.totalPendingWriteBytes() == 0;
  }

  /** Sends what was written. */
  public void flush() {
    ByteBuf bytes = held;
    if (bytes != null && sent(bytes)) {
      held = null;
      bytes.release();
    } else {
      release();
      connection.flush();
    }
  }

  /** Whether the socket has taken all of it; otherwise what is left of it is to be sent. */
  private boolean sent(ByteBuf bytes) {
    // Closed here, on this loop, or not at all: the number of a closed socket may be another's.
    if (socket == null || !socket.isOpen()) {
      return false;
    }
    try {
      bytes.skipBytes(
          socket.writeAddress(bytes.memoryAddress(), bytes.readerIndex(), bytes.writerIndex()));
      return !bytes.isReadable();
    } catch (IOException e) {
      // Netty will meet it too, and end the connection in order.
      return false;
    }
  }

  /** What is held goes before anything else. */
  private void release() {
    ByteBuf bytes = held;
    if (bytes != null) {
      held = null;
      connection.write(bytes, connection.voidPromise());
    }
  }

  /** Sends everything and these bytes, then ends the connection. */
  public void last(ByteBuf bytes) {
    release();
    connection.writeAndFlush(bytes).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void operationComplete(ChannelFuture closed) {
    ByteBuf bytes = held;
    if (bytes != null) {
      held = null;
      bytes.release();
    }
  }
}
