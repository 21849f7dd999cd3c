package io.tailwater.edge.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.epoll.EpollTcpInfo;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.SslHandler;
import io.tailwater.edge.loop.EdgeLoop;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: sends the bytes of one connection, in order. Everything
 * that its transport writes goes through here. New events that all readers share go straight to the
 * socket when nothing waits before them, since Netty's way there is a quarter of what a delivery
 * costs beside the kernel's part.
 */
public final class Outlet {
  /** With the 15 s between two heartbeats, a client that vanished is noticed within 45 s. */
  private static final long UNCONFIRMED_MS = 30_000;

  private final Channel netty;
  private final EdgeLoop loop;
  private final @Nullable Socket socket;

  /** Whether Netty may hold something of this connection, or has closed it. */
  private boolean waiting = true;

  public Outlet(Channel netty, EdgeLoop loop) {
    this.netty = netty;
    this.loop = loop;
    this.socket =
        netty instanceof UnixChannel unix
                && unix.fd() instanceof Socket own
                && netty.pipeline().get(SslHandler.class) == null
            ? own
            : null;
  }

  /** Whether more may be written now. */
  public boolean writable() {
    assert loop.inLoop();
    return !waiting || netty.isWritable();
  }

  /** Writes bytes, and takes their reference. */
  public void write(ByteBuf bytes) {
    assert loop.inLoop();
    waiting = true;
    netty.write(bytes, netty.voidPromise());
  }

  /** Writes a part of bytes that others write, too. */
  public void write(ByteBuf shared, int start, int length) {
    assert loop.inLoop();
    int sent = !waiting && loop.sendsAtOnce() ? send(shared, start, length) : 0;
    if (sent < length) {
      write(shared.retainedSlice(start + sent, length - sent));
    }
  }

  /** How much the socket took. */
  private int send(ByteBuf shared, int start, int length) {
    // A closed socket's number may be another connection's by now.
    if (socket == null || !socket.isOpen() || !shared.hasMemoryAddress()) {
      return 0;
    }
    try {
      return Math.max(0, socket.sendAddress(shared.memoryAddress(), start, start + length));
    } catch (IOException e) {
      // Netty is told the same when it writes, and closes.
      return 0;
    }
  }

  /** Whether something was written that may not have been sent yet. */
  public boolean waiting() {
    return waiting;
  }

  /** Sends what was written. */
  public void flush() {
    assert loop.inLoop();
    if (waiting) {
      netty.flush();
      waiting = bufferedBytes() > 0 || !netty.isActive();
    }
  }

  /** How many bytes wait for the network. */
  public long bufferedBytes() {
    assert loop.inLoop();
    if (!waiting) {
      return 0;
    }
    ChannelOutboundBuffer buffer = netty.unsafe().outboundBuffer();
    return buffer == null ? 0 : buffer.totalPendingWriteBytes();
  }

  /**
   * Whether the client's host is gone: it has confirmed nothing for half a minute, though bytes
   * were sent to it again. A host whose client reads nothing confirms that it has no room, and is
   * not gone. Where this gateway stood still, hosts went on to confirm. Unknown, hence false,
   * without epoll.
   */
  boolean isUnconfirmed() {
    assert loop.inLoop();
    if (!(netty instanceof EpollSocketChannel epoll) || !epoll.isActive()) {
      return false;
    }
    EpollTcpInfo tcp = epoll.tcpInfo();
    return tcp.retransmits() > 0 && tcp.lastAckRecv() > UNCONFIRMED_MS;
  }

  /** Sends the last bytes of a connection, and closes it. Takes their reference. */
  public static void end(Channel netty, ByteBuf last) {
    netty.writeAndFlush(last).addListener(ChannelFutureListener.CLOSE);
  }

  /** Ends a connection as a broken network ends it. */
  public static void reset(Channel netty) {
    netty.config().setOption(ChannelOption.SO_LINGER, 0);
    netty.close();
  }
}
