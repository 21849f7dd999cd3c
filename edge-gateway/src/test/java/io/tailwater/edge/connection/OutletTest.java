package io.tailwater.edge.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.tailwater.edge.loop.EdgeLoop;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Over a real socket, whose client reads nothing until all was written. */
@Timeout(60)
final class OutletTest {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final int SHARED_BYTES = 100_000;

  private final Random random = new Random(7);
  private final ByteBuf shared = Unpooled.directBuffer(SHARED_BYTES);
  private final CompletableFuture<Channel> accepted = new CompletableFuture<>();
  private @Nullable EventLoopGroup group;

  @AfterEach
  void stop() {
    assertThat(shared.release()).isTrue();
    Objects.requireNonNull(group).shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void allComesInTheOrderInWhichItWasWritten(boolean nativeSockets) throws Exception {
    try (Socket client = connect(nativeSockets)) {
      Channel connection = accepted.get();
      ByteArrayOutputStream written = new ByteArrayOutputStream();
      onLoop(() -> assertThat(write(connection, written).bufferedBytes()).isPositive());
      byte[] read = client.getInputStream().readNBytes(written.size());
      assertThat(read).isEqualTo(written.toByteArray());
      await().atMost(LIMIT).until(() -> shared.refCnt() == 1);
    }
  }

  @Test
  void whoIsGoneTakesNothingAndIsClosed() throws Exception {
    Channel connection;
    try (Socket client = connect(true)) {
      connection = accepted.get();
      client.setSoLinger(true, 0);
    }
    onLoop(() -> write(connection, new ByteArrayOutputStream()));
    connection.closeFuture().await(LIMIT.toMillis());
    assertThat(connection.isOpen()).isFalse();
    await().atMost(LIMIT).until(() -> shared.refCnt() == 1);
    onLoop(() -> assertThat(write(connection, new ByteArrayOutputStream()).writable()).isFalse());
  }

  private void onLoop(Runnable task) throws InterruptedException {
    accepted.join().eventLoop().submit(task).sync();
  }

  private Outlet write(Channel connection, ByteArrayOutputStream written) {
    EdgeLoop loop = new EdgeLoop(connection.eventLoop(), 15_000);
    Outlet outlet = new Outlet(connection, loop);
    for (int i = 0; i < 40_000; i++) {
      loop.beginNews();
      for (int pieces = random.nextInt(4); pieces > 0; pieces--) {
        writeOne(outlet, written);
      }
      loop.flushNews(0);
      if (random.nextBoolean()) {
        outlet.flush();
      }
    }
    outlet.flush();
    return outlet;
  }

  private void writeOne(Outlet outlet, ByteArrayOutputStream written) {
    int start = random.nextInt(SHARED_BYTES / 2);
    int length = 1 + random.nextInt(random.nextInt(100) == 0 ? SHARED_BYTES / 2 : 200);
    byte[] bytes = new byte[length];
    shared.getBytes(start, bytes);
    written.writeBytes(bytes);
    if (random.nextInt(4) == 0) {
      outlet.write(Unpooled.directBuffer(length).writeBytes(bytes));
    } else {
      outlet.write(shared, start, length);
    }
  }

  private Socket connect(boolean nativeSockets) throws Exception {
    byte[] content = new byte[SHARED_BYTES];
    random.nextBytes(content);
    shared.writeBytes(content);
    boolean epoll = nativeSockets && Epoll.isAvailable();
    EventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(
            1, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    group = loops;
    Channel server =
        new ServerBootstrap()
            .group(loops)
            .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
            .childHandler(
                new ChannelInboundHandlerAdapter() {
                  @Override
                  public void channelActive(ChannelHandlerContext context) {
                    accepted.complete(context.channel());
                  }

                  @Override
                  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                    context.close();
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    return new Socket(
        InetAddress.getLoopbackAddress(), ((InetSocketAddress) server.localAddress()).getPort());
  }
}
