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
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.InputEnd;
import io.tailwater.service.MemoryExhaustion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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

  private static final int KEEPALIVE_SECONDS = 10;
  private static final int KEEPALIVE_PROBES = 3;

  /** How long written bytes may be unconfirmed: the usual {@code stuck-limit}. */
  private static final int UNCONFIRMED_MS = 60_000;

  private Takeover() {}

  /** The Netty channel that a request came by. */
  public static Channel connection(HttpRequest<?> request) {
    return nettyRequest(request).getChannelHandlerContext().channel();
  }

  private static NettyHttpRequest<?> nettyRequest(HttpRequest<?> request) {
    HttpRequest<?> inner = request;
    while (inner instanceof HttpRequestWrapper<?> wrapper) {
      inner = wrapper.getDelegate();
    }
    if (inner instanceof NettyHttpRequest<?> netty) {
      return netty;
    }
    throw new IllegalStateException("not a request of the HTTP server: " + inner.getClass());
  }

  /**
   * Whether the client of a request reads chunks. With them it can tell the end of an answer from
   * the end of a gateway.
   */
  public static boolean readsChunks(HttpRequest<?> request) {
    return nettyRequest(request).getNativeRequest().protocolVersion().isKeepAliveDefault();
  }

  /** Leaves HTTP for an event stream; on the connection's event loop. */
  public static void begin(Channel netty, Map<String, String> headers, Connection connection) {
    begin(netty, "Connection: close", headers, connection);
  }

  /**
   * Leaves HTTP for an event stream in chunks, which its transport writes; on the connection's
   * event loop. The connection ends with the stream, too, but does not say so: undici, which is the
   * fetch of Node, takes every end of a connection that has said so for the end of the answer. It
   * does not use one again that may be idle for 0 s.
   */
  public static void beginChunked(
      Channel netty, Map<String, String> headers, Connection connection) {
    begin(netty, "Keep-Alive: timeout=0\r\nTransfer-Encoding: chunked", headers, connection);
  }

  private static void begin(
      Channel netty, String framing, Map<String, String> headers, Connection connection) {
    Map<String, String> all = new LinkedHashMap<>(AnswerHeaders.COMMON);
    all.putAll(headers);
    take(netty, "200 OK\r\n" + framing, all, new Remains(connection));
    if (InputEnd.isReached(netty)) {
      // Not at once: the stream is just being opened. Nothing is read: Netty's epoll transport
      // would close the connection.
      netty.eventLoop().execute(connection::onInputEnd);
    } else {
      netty.config().setAutoRead(true);
    }
  }

  /**
   * What no heartbeat is written to, the kernel judges: unconfirmed bytes end the connection, as do
   * probes while nothing is written. It counts a client that takes nothing in the same way, though
   * it answers, so the time is that for which such a client is kept. A connection with heartbeats
   * tells the two apart, and is ended earlier by {@code Outlet.isUnconfirmed}.
   */
  private static void noticeSilence(Channel netty) {
    netty.config().setOption(ChannelOption.SO_KEEPALIVE, true);
    if (netty instanceof EpollSocketChannel) {
      netty.config().setOption(EpollChannelOption.TCP_KEEPIDLE, KEEPALIVE_SECONDS);
      netty.config().setOption(EpollChannelOption.TCP_KEEPINTVL, KEEPALIVE_SECONDS);
      netty.config().setOption(EpollChannelOption.TCP_KEEPCNT, KEEPALIVE_PROBES);
      netty.config().setOption(EpollChannelOption.TCP_USER_TIMEOUT, UNCONFIRMED_MS);
    }
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
    // Here a client that sends no more is gone.
    netty.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
    if (InputEnd.isReached(netty)) {
      // Not at once: the conversation begins first.
      netty.eventLoop().execute(netty::close);
    }
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
    noticeSilence(netty);
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
    public void userEventTriggered(ChannelHandlerContext context, Object event) {
      if (event instanceof ChannelInputShutdownEvent) {
        connection.onInputEnd();
      }
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
