package io.tailwater.service;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real processes that run out of memory, each in its own way. */
final class MemoryExhaustionTest {
  @ParameterizedTest
  @ValueSource(
      classes = {
        HeapOnAThread.class,
        HeapInACompletedStage.class,
        DirectOnAThread.class,
        NettyTask.class,
        NettyPipeline.class,
        LoggedByJul.class
      })
  void aProcessThatRunsOutOfMemoryEndsWithOneLine(Class<?> way) throws Exception {
    try (Child child =
        Child.start(
            way,
            Map.of(),
            "-Xmx32m",
            "-XX:MaxDirectMemorySize=32m",
            "-Dio.netty.maxDirectMemory=33554432")) {
      assertThat(child.exitCode()).isEqualTo(MemoryExhaustion.EXIT_CODE);
      assertThat(child.output())
          .filteredOn(line -> line.contains("emory") || line.contains("heap"))
          .hasSize(1);
    }
  }

  /** Waits for an end that must come from elsewhere. */
  private static void idle() throws InterruptedException {
    new CountDownLatch(1).await();
  }

  private static void exhaustHeap() {
    List<byte[]> kept = new ArrayList<>();
    while (true) {
      kept.add(new byte[1 << 20]);
    }
  }

  private static void exhaustDirect() {
    List<ByteBuffer> kept = new ArrayList<>();
    while (true) {
      kept.add(ByteBuffer.allocateDirect(1 << 20));
    }
  }

  private static void exhaustNetty() {
    List<ByteBuf> kept = new ArrayList<>();
    while (true) {
      kept.add(UnpooledByteBufAllocator.DEFAULT.directBuffer(1 << 20));
    }
  }

  static final class HeapOnAThread {
    private HeapOnAThread() {}

    public static void main(String[] args) throws InterruptedException {
      MemoryExhaustion.endProcess();
      Thread.ofPlatform().start(MemoryExhaustionTest::exhaustHeap);
      idle();
    }
  }

  static final class HeapInACompletedStage {
    private HeapInACompletedStage() {}

    public static void main(String[] args) throws InterruptedException {
      MemoryExhaustion.endProcess();
      var unused = CompletableFuture.runAsync(MemoryExhaustionTest::exhaustHeap);
      idle();
    }
  }

  static final class DirectOnAThread {
    private DirectOnAThread() {}

    public static void main(String[] args) throws InterruptedException {
      MemoryExhaustion.endProcess();
      Thread.ofPlatform().start(MemoryExhaustionTest::exhaustDirect);
      idle();
    }
  }

  static final class NettyTask {
    private NettyTask() {}

    public static void main(String[] args) throws InterruptedException {
      MemoryExhaustion.endProcess();
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory())
          .next()
          .execute(MemoryExhaustionTest::exhaustNetty);
      idle();
    }
  }

  static final class NettyPipeline {
    private NettyPipeline() {}

    public static void main(String[] args) throws IOException, InterruptedException {
      MemoryExhaustion.endProcess();
      var group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
      Channel server =
          new ServerBootstrap()
              .group(group)
              .channel(NioServerSocketChannel.class)
              .childHandler(
                  new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      channel.pipeline().addLast(new Exhausting());
                    }
                  })
              .bind("127.0.0.1", 0)
              .sync()
              .channel();
      int port = ((InetSocketAddress) server.localAddress()).getPort();
      try (Socket client = new Socket("127.0.0.1", port)) {
        client.getOutputStream().write(1);
        idle();
      }
    }
  }

  private static final class Exhausting extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      exhaustNetty();
    }
  }

  static final class LoggedByJul {
    private LoggedByJul() {}

    public static void main(String[] args) throws InterruptedException {
      MemoryExhaustion.endProcess();
      try {
        exhaustDirect();
      } catch (OutOfMemoryError e) {
        Logger.getLogger("io.grpc.netty.NettyClientHandler")
            .log(Level.FINE, "Caught a connection error", e);
      }
      idle();
    }
  }
}
