package io.tailwater.edge;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.DataInputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Over real sockets: by epoll where there is one, and by NIO. */
final class OutletTest {
  private static final int NUMBERS = 200_000;

  @Property(tries = 5)
  void everythingArrivesOnceAndInOrderHoweverItIsFlushed(@ForAll long seed) throws Exception {
    for (Transport transport : Transport.all()) {
      try (Connected connected = Connected.by(transport)) {
        connected.server.eventLoop().execute(() -> connected.writeNumbers(new Random(seed)));
        DataInputStream in = new DataInputStream(connected.client.getInputStream());
        for (int i = 0; i < NUMBERS; i++) {
          assertThat(in.readInt()).isEqualTo(i);
        }
        assertThat(in.read()).isEqualTo(-1);
      }
    }
  }

  @Example
  void whatIsHeldWhenTheConnectionEndsIsGivenBack() throws Exception {
    for (Transport transport : Transport.all()) {
      try (Connected connected = Connected.by(transport)) {
        ByteBuf shared = PooledByteBufAllocator.DEFAULT.directBuffer(8).writeLong(1);
        CompletableFuture<Integer> references = new CompletableFuture<>();
        connected
            .server
            .eventLoop()
            .execute(
                () -> {
                  connected.outlet.write(shared.retainedSlice());
                  connected.server.close();
                  connected
                      .server
                      .closeFuture()
                      .addListener(x -> references.complete(shared.refCnt()));
                });
        assertThat(references.get(30, TimeUnit.SECONDS)).isEqualTo(1);
        shared.release();
      }
    }
  }

  @Example
  void whatIsFlushedAfterTheEndGoesNowhereAndIsGivenBack() throws Exception {
    for (Transport transport : Transport.all()) {
      try (Connected connected = Connected.by(transport)) {
        ByteBuf shared = PooledByteBufAllocator.DEFAULT.directBuffer(8).writeLong(1);
        CompletableFuture<Integer> references = new CompletableFuture<>();
        connected
            .server
            .close()
            .addListener(
                closed -> {
                  connected.outlet.write(shared.retainedSlice());
                  connected.outlet.flush();
                  references.complete(shared.refCnt());
                });
        assertThat(references.get(30, TimeUnit.SECONDS)).isEqualTo(1);
        shared.release();
      }
    }
  }

  private record Transport(IoHandlerFactory io, Class<? extends ServerChannel> server) {
    static List<Transport> all() {
      List<Transport> all = new ArrayList<>();
      all.add(new Transport(NioIoHandler.newFactory(), NioServerSocketChannel.class));
      if (Epoll.isAvailable()) {
        all.add(new Transport(EpollIoHandler.newFactory(), EpollServerSocketChannel.class));
      }
      return all;
    }
  }

  private record Connected(EventLoopGroup group, Channel server, Outlet outlet, Socket client)
      implements AutoCloseable {
    static Connected by(Transport transport) throws Exception {
      EventLoopGroup group = new MultiThreadIoEventLoopGroup(1, transport.io());
      CompletableFuture<Channel> accepted = new CompletableFuture<>();
      Channel listening =
          new ServerBootstrap()
              .group(group)
              .channel(transport.server())
              .childHandler(
                  new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelActive(io.netty.channel.ChannelHandlerContext context) {
                      accepted.complete(context.channel());
                    }
                  })
              .bind("127.0.0.1", 0)
              .sync()
              .channel();
      Socket client =
          new Socket("127.0.0.1", ((InetSocketAddress) listening.localAddress()).getPort());
      Channel server = accepted.get(30, TimeUnit.SECONDS);
      return new Connected(group, server, new Outlet(server), client);
    }

    /** More than sockets take at once, in pieces of one number and of many, then the end. */
    void writeNumbers(Random random) {
      ByteBuf shared = PooledByteBufAllocator.DEFAULT.directBuffer(4 * NUMBERS);
      for (int i = 0; i < NUMBERS; i++) {
        shared.writeInt(i);
      }
      int next = 0;
      while (next < NUMBERS) {
        int count = Math.min(NUMBERS - next, 1 + random.nextInt(random.nextBoolean() ? 3 : 9_000));
        outlet.write(shared.retainedSlice(4 * next, 4 * count));
        next += count;
        if (random.nextInt(3) > 0) {
          outlet.flush();
        }
      }
      outlet.last(shared.slice(0, 0));
    }

    @Override
    public void close() throws Exception {
      client.close();
      group.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }
  }
}
