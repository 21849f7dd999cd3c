package io.tailwater.edge.http;

import io.micronaut.context.BeanContext;
import io.micronaut.context.BeanResolutionContext;
import io.micronaut.core.value.PropertyResolver;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpRequestWrapper;
import io.micronaut.http.server.netty.NettyHttpRequest;
import io.micronaut.http.server.netty.websocket.WebSocketUpgradeHandlerFactory;
import io.micronaut.inject.BeanConfiguration;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.tailwater.edge.connection.Connection;
import io.tailwater.service.MemoryExhaustion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes a connection out of HTTP: its pipeline is cut down to what its transport needs, and the
 * response's head is written as it is. With {@link Listeners} the only place that knows Micronaut's
 * server from within.
 */
public final class Takeover {
  /**
   * How many bytes may wait before a connection counts as not writable; a cursor writes about this
   * many before it is another's turn.
   */
  private static final WriteBufferWaterMark WATER_MARK =
      new WriteBufferWaterMark(32 << 10, 64 << 10);

  private Takeover() {}

  /** The Netty channel that a request came by. */
  public static Channel connection(HttpRequest<?> request) {
    HttpRequest<?> inner = request;
    while (inner instanceof HttpRequestWrapper<?> wrapper) {
      inner = wrapper.getDelegate();
    }
    if (inner instanceof NettyHttpRequest<?> netty) {
      return netty.getChannelHandlerContext().channel();
    }
    throw new IllegalStateException("not a request of the HTTP server: " + inner.getClass());
  }

  /** Leaves HTTP for an event stream; on the connection's event loop. */
  public static void begin(Channel netty, Map<String, String> headers, Connection connection) {
    take(
        netty,
        "200 OK\r\nConnection: close\r\nCache-Control: no-store, no-transform\r\nX-Accel-Buffering: no\r\nVary: Accept, Origin",
        headers,
        new Remains(connection));
    netty.config().setAutoRead(true);
  }

  /**
   * Leaves HTTP for another protocol; on the connection's event loop. Afterwards {@code autoRead}
   * is off, and bytes that arrived behind the request are with the first handler, which must not
   * read them yet: the new protocol switches {@code autoRead} on when it is ready.
   *
   * @param protocol what {@code Upgrade} says
   * @param handlers what reads it, in the order of the pipeline
   */
  public static void upgrade(
      Channel netty, String protocol, Map<String, String> headers, ChannelHandler... handlers) {
    take(
        netty,
        "101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: " + protocol,
        headers,
        handlers);
  }

  private static void take(
      Channel netty, String status, Map<String, String> headers, ChannelHandler... handlers) {
    netty.config().setAutoRead(false);
    ChannelPipeline pipeline = netty.pipeline();
    List<String> names = new ArrayList<>(pipeline.toMap().keySet());
    pipeline.addLast(handlers);
    // The last one first: when the HTTP decoder goes, it hands what it did not decode to ours.
    for (String name : names.reversed()) {
      if (!(pipeline.get(name) instanceof SslHandler)) {
        pipeline.remove(name);
      }
    }
    netty.config().setWriteBufferWaterMark(WATER_MARK);
    ByteBuf head = netty.alloc().directBuffer(512);
    ByteBufUtil.writeAscii(head, "HTTP/1.1 " + status + "\r\n");
    headers.forEach((name, value) -> ByteBufUtil.writeAscii(head, name + ": " + value + "\r\n"));
    ByteBufUtil.writeAscii(head, "\r\n");
    netty.write(head, netty.voidPromise());
  }

  /**
   * The server's own WebSockets, switched off in the gateway: else every request that asks for an
   * upgrade is answered before it is routed. Found by its entry in {@code META-INF/micronaut}; what
   * is handed to the context's builder would take the place of all other configurations.
   */
  public static final class ServersWebSockets implements BeanConfiguration {
    private static final Class<?> PART = WebSocketUpgradeHandlerFactory.class;

    /** For Micronaut. */
    public ServersWebSockets() {}

    @Override
    public Package getPackage() {
      return PART.getPackage();
    }

    @Override
    public String getName() {
      return PART.getPackageName();
    }

    @Override
    public @Nullable String getVersion() {
      return null;
    }

    @Override
    public boolean isEnabled(BeanContext context, @Nullable BeanResolutionContext resolution) {
      return !(context instanceof PropertyResolver settings)
          || !settings.get("tailwater.service", String.class).equals(Optional.of("edge-gateway"));
    }
  }

  /**
   * The rest of the pipeline. Confined to the connection's event loop. It tells the connection when
   * it may write and when its client is gone.
   */
  private static final class Remains extends ChannelInboundHandlerAdapter {
    private final Connection connection;

    Remains(Connection connection) {
      this.connection = connection;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      // A client has nothing more to say on a stream.
      ReferenceCountUtil.release(message);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      if (context.channel().isWritable()) {
        connection.onWritable();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
      connection.onGone();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      MemoryExhaustion.inspect(cause);
      // A reset, nearly always; the client comes back with its position.
      context.close();
    }
  }
}
