package io.tailwater.launcher.balancer;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.timeout.IdleStateHandler;
import io.tailwater.launcher.terminal.LaunchException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One port over several gateways: each new connection goes to the next gateway that accepts it, in
 * turn. It knows nothing of HTTP, with one exception: if the first request belongs to a session of
 * Socket.IO, the connection goes to the session's gateway. Bytes, half-closes and resets pass in
 * both directions as they come, and a side that doesn't read stops the other one's reading, at
 * {@value Relay#MAX_BUFFERED} bytes. {@link Bounds} says how many connections there may be and how
 * long they may be silent.
 */
public final class Balancer implements AutoCloseable {
  // A copy costs so little that two threads carry more than one machine's gateways.
  private static final int THREADS = 2;
  private static final int BACKLOG = 4096;
  private static final Logger LOG = LoggerFactory.getLogger(Balancer.class);

  private final EventLoopGroup loops;
  private final Channel listener;
  private final Seats seats;

  private Balancer(EventLoopGroup loops, Channel listener, Seats seats) {
    this.loops = loops;
    this.listener = listener;
    this.seats = seats;
  }

  /** This port of the loopback interface. */
  public static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /**
   * Listens at this address.
   *
   * @param address with port 0 for a free one
   * @throws LaunchException if the port is taken
   */
  public static Balancer open(InetSocketAddress address, List<Gateway> gateways, Bounds bounds) {
    var loops =
        new MultiThreadIoEventLoopGroup(
            THREADS,
            Thread.ofPlatform().name("launcher-balancer-", 1).daemon().factory(),
            NioIoHandler.newFactory());
    var turns = new Turns(gateways);
    var seats = new Seats(bounds);
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
              .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, Relay.BUFFERED)
              .childOption(ChannelOption.RECVBUF_ALLOCATOR, Relay.receiveBuffers())
              .childHandler(
                  new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel client) {
                      admit(client, turns, seats, bounds);
                    }
                  })
              .bind(address)
              .syncUninterruptibly()
              .channel();
      LOG.info(
          "up to {} connections, {} from one address", bounds.connections(), bounds.perAddress());
      return new Balancer(loops, listener, seats);
    } catch (Exception e) {
      // Netty throws the checked BindException of the operating system unchecked.
      throw cannotListen(address.getPort(), loops);
    }
  }

  private static void admit(SocketChannel client, Turns turns, Seats seats, Bounds bounds) {
    InetAddress address = client.remoteAddress().getAddress();
    if (!seats.take(address)) {
      Relay.reset(client);
      return;
    }
    client.closeFuture().addListener(closed -> seats.release(address));
    client
        .pipeline()
        .addLast(new IdleStateHandler(0, 0, bounds.idle().toMillis(), TimeUnit.MILLISECONDS))
        .addLast(new HeadLimit(bounds.head(), seats))
        .addLast(new Relay.Client(turns, seats));
  }

  private static LaunchException cannotListen(int port, EventLoopGroup loops) {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    return LaunchException.portTaken(port, "the platform itself");
  }

  /** Where it listens. */
  public int port() {
    return ((InetSocketAddress) listener.localAddress()).getPort();
  }

  /** What it has counted since its start. */
  public Counts counts() {
    return seats.counts();
  }

  /** Stops listening and closes every connection. */
  @Override
  public void close() {
    LOG.info("the balancer stops: {}", counts());
    listener.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
    loops.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
  }
}
