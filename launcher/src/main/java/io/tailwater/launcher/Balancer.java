package io.tailwater.launcher;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * One port over several gateways: each new connection goes to the next gateway that accepts it, in
 * turn. It knows nothing of HTTP: bytes, half-closes and resets pass in both directions as they
 * come, and a side that doesn't read stops the other one's reading, at {@value #MOST_BUFFERED}
 * bytes.
 */
final class Balancer implements AutoCloseable {
  static final int MOST_BUFFERED = 64 * 1024;

  // A copy costs so little that two threads carry more than one machine's gateways.
  private static final int THREADS = 2;
  private static final int BACKLOG = 4096;
  private static final WriteBufferWaterMark BUFFERED =
      new WriteBufferWaterMark(MOST_BUFFERED / 2, MOST_BUFFERED);

  private final EventLoopGroup loops;
  private final Channel listener;

  private Balancer(EventLoopGroup loops, Channel listener) {
    this.loops = loops;
    this.listener = listener;
  }

  /** This port of the loopback interface. */
  static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /**
   * Listens on 127.0.0.1.
   *
   * @param port 0 for a free one
   * @throws LaunchException if the port is taken
   */
  static Balancer open(int port, List<InetSocketAddress> gateways) {
    var loops =
        new MultiThreadIoEventLoopGroup(
            THREADS,
            Thread.ofPlatform().name("launcher-balancer-", 1).daemon().factory(),
            NioIoHandler.newFactory());
    var turns = new Turns(List.copyOf(gateways), new AtomicInteger());
    try {
      Channel listener =
          new ServerBootstrap()
              .group(loops)
              .channel(NioServerSocketChannel.class)
              .option(ChannelOption.SO_BACKLOG, BACKLOG)
              .option(ChannelOption.SO_REUSEADDR, true)
              .childOption(ChannelOption.AUTO_READ, false)
              .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
              .childOption(ChannelOption.TCP_NODELAY, true)
              .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, BUFFERED)
              .childOption(ChannelOption.RECVBUF_ALLOCATOR, receiveBuffers())
              .childHandler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel client) {
                      client.pipeline().addLast(new Relay.Client(turns));
                    }
                  })
              .bind(loopback(port))
              .syncUninterruptibly()
              .channel();
      return new Balancer(loops, listener);
    } catch (Exception e) {
      // Netty throws the checked BindException of the operating system unchecked.
      throw cannotListen(port, loops);
    }
  }

  static AdaptiveRecvByteBufAllocator receiveBuffers() {
    return new AdaptiveRecvByteBufAllocator(512, 2048, MOST_BUFFERED / 2);
  }

  static WriteBufferWaterMark buffered() {
    return BUFFERED;
  }

  private static LaunchException cannotListen(int port, EventLoopGroup loops) {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    return new LaunchException(
        "Port " + port + " is taken by another program; choose another with --port.");
  }

  /** Whose turn it is: the gateways in a circle. */
  record Turns(List<InetSocketAddress> gateways, AtomicInteger next) {
    int take() {
      return Math.floorMod(next.getAndIncrement(), gateways.size());
    }

    InetSocketAddress at(int index) {
      return gateways.get(Math.floorMod(index, gateways.size()));
    }
  }

  int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** Stops listening and closes every connection. */
  @Override
  public void close() {
    listener.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
  }
}
