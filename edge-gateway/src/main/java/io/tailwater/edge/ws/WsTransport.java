package io.tailwater.edge.ws;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.tailwater.contract.v1.ChannelReset;
import io.tailwater.contract.v1.Disconnect;
import io.tailwater.contract.v1.End;
import io.tailwater.contract.v1.Expiring;
import io.tailwater.contract.v1.Live;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.Welcome;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.connection.StreamOpening;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.log.Cursor;
import io.tailwater.edge.log.Missed;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.WireFormat;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket connection, as a session's frames leave by it. Frames are written as bytes, header
 * included. Confined to the connection's event loop.
 */
final class WsTransport implements Transport {
  /** Least and most time that a client is told to wait before it comes back, milliseconds. */
  private static final int MIN_RETRY_MS = 500;

  private static final int MAX_RETRY_MS = 2_000;
  private static final int MOST_SILENT_PINGS = 2;
  private static final int MAX_REASON_BYTES = 123;

  private static final ByteBuf PING =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer(2).writeShort((0x80 | FrameHeader.PING) << 8).asReadOnly());

  private final Channel connection;
  private final Subprotocol subprotocol;
  private final WireFormat<WsFrames> events;
  private final WsConfiguration configuration;
  private final WsMetrics metrics;
  private Consumer<Cursor> onEnd = cursor -> {};
  private @Nullable Connection session;
  private @Nullable Outlet outlet;
  private boolean heard = true;
  private boolean closing;
  private int silentPings;

  /**
   * @param compressed whether events may be compressed
   */
  WsTransport(
      Channel connection,
      Subprotocol subprotocol,
      boolean compressed,
      WsConfiguration configuration,
      WsMetrics metrics) {
    this.connection = connection;
    this.subprotocol = subprotocol;
    this.events = compressed ? subprotocol.events().compressed() : subprotocol.events();
    this.configuration = configuration;
    this.metrics = metrics;
  }

  Channel connection() {
    return connection;
  }

  Subprotocol subprotocol() {
    return subprotocol;
  }

  /** Whether a close was sent. */
  boolean closing() {
    return closing;
  }

  /** The client has sent something. */
  void heard() {
    heard = true;
  }

  /** Says who is to know when a channel has ended. */
  void onEnd(Consumer<Cursor> listener) {
    onEnd = listener;
  }

  @Override
  public boolean writable() {
    return !closing && outlet().writable();
  }

  @Override
  public void open(Connection session, StreamOpening opening) {
    this.session = session;
    this.outlet = session.outlet(connection);
    write(
        ServerFrame.newBuilder()
            .setWelcome(
                Welcome.newBuilder()
                    .setConnection(opening.connectionId())
                    .setSession("s" + opening.connectionId().substring(1))
                    .setServerTimeMs(opening.serverTimeMs())
                    .setPingMs(configuration.ping().toMillis())
                    .setGateway(opening.gateway())
                    .setLimits(
                        Welcome.Limits.newBuilder()
                            .setFrame(configuration.frameBytes())
                            .setChannels(configuration.channels()))));
  }

  @Override
  public int events(Cursor cursor, Run run, int index) {
    WsFrames frames = events.of(run);
    int next = index;
    do {
      frames.write(next, outlet());
      next = frames.endOf(next);
    } while (next < run.events().size() && outlet().writable());
    return next;
  }

  @Override
  public void notice(Cursor cursor, Notice notice) {
    String channel = cursor.channel().toString();
    switch (notice) {
      case Notice.Live live ->
          write(
              ServerFrame.newBuilder()
                  .setLive(
                      Live.newBuilder()
                          .setChannel(channel)
                          .setPosition(cursor.position().toString())));
      case Notice.Reset(Missed missed) ->
          write(
              ServerFrame.newBuilder()
                  .setReset(
                      ChannelReset.newBuilder()
                          .setChannel(channel)
                          .setReason(missed.reason().wire())
                          .setEarliest(missed.earliest().toString())));
      case Notice.End end -> {
        write(ServerFrame.newBuilder().setEnd(End.newBuilder().setChannel(channel)));
        onEnd.accept(cursor);
      }
    }
  }

  @Override
  public void expiring(long inMs) {
    write(ServerFrame.newBuilder().setExpiring(Expiring.newBuilder().setInMs(inMs)));
  }

  @Override
  public long heartbeatMs(long usual) {
    return configuration.ping().toMillis();
  }

  @Override
  public void heartbeat() {
    if (heard || !connection.config().isAutoRead()) {
      silentPings = 0;
    } else if (++silentPings >= MOST_SILENT_PINGS) {
      fail(CloseCode.TOO_SLOW, "nothing was heard for two pings");
      return;
    }
    heard = false;
    send(PING.duplicate());
  }

  @Override
  public long bufferedBytes() {
    return outlet().bufferedBytes();
  }

  @Override
  public boolean unsent() {
    return outlet().waiting();
  }

  @Override
  public void flush() {
    if (outlet == null) {
      connection.flush();
    } else {
      outlet.flush();
    }
  }

  @Override
  public boolean endsWithItsChannels() {
    return false;
  }

  @Override
  public void end(Farewell farewell) {
    switch (farewell) {
      case COMPLETE -> close(CloseCode.NORMAL, "");
      case EXPIRED -> close(CloseCode.UNAUTHORIZED, "the token has expired");
      case RETRY -> close(CloseCode.GOING_AWAY, "the gateway goes away: come back");
      case SILENT -> close(CloseCode.TOO_SLOW, "what was sent is not being read");
      case RESET -> {
        connection.config().setOption(ChannelOption.SO_LINGER, 0);
        connection.close();
      }
    }
  }

  /** Ends the session, and closes. */
  void fail(CloseCode code, String reason) {
    if (session != null) {
      session.onGone();
    }
    close(code, reason);
  }

  /**
   * Says why, sends a close, and gives the client a bounded time to answer it. Nothing is sent
   * afterwards.
   */
  void close(CloseCode code, String reason) {
    if (closing) {
      return;
    }
    if (code.announced()) {
      Disconnect.Builder disconnect =
          Disconnect.newBuilder().setCode(code.code()).setReason(reason);
      if (code.comeBack()) {
        disconnect.setRetryMs(ThreadLocalRandom.current().nextInt(MIN_RETRY_MS, MAX_RETRY_MS));
      }
      write(ServerFrame.newBuilder().setDisconnect(disconnect));
    }
    metrics.closed(code.code(), false);
    sendClose(code.code(), reason);
    flush();
  }

  /** The client has closed: answers it, and ends the connection. */
  void closedByClient(int code) {
    if (closing) {
      connection.close();
      return;
    }
    metrics.closed(code, true);
    sendClose(code, "");
    connection.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  /**
   * @param code 0 for none
   */
  private void sendClose(int code, String reason) {
    closing = true;
    metrics.closing(1);
    connection.closeFuture().addListener(closed -> metrics.closing(-1));
    ByteBuf payload = connection.alloc().directBuffer(2 + MAX_REASON_BYTES);
    if (code != 0) {
      payload.writeShort(code).writeCharSequence(shortened(reason), StandardCharsets.UTF_8);
    }
    control(FrameHeader.CLOSE, payload);
    connection.config().setAutoRead(true);
    connection
        .eventLoop()
        .schedule(
            () -> connection.close(),
            configuration.closeWithin().toMillis(),
            TimeUnit.MILLISECONDS);
  }

  private static String shortened(String reason) {
    int end = reason.length();
    while (ByteBufUtil.utf8Bytes(reason, 0, end) > MAX_REASON_BYTES) {
      end--;
    }
    return reason.substring(0, end);
  }

  /** Answers a ping. */
  void pong(ByteBuf payload) {
    if (!closing) {
      control(FrameHeader.PONG, payload.retain());
    }
  }

  private void control(int opcode, ByteBuf payload) {
    ByteBuf out = connection.alloc().directBuffer(2 + payload.readableBytes());
    FrameHeader.write(opcode, payload.readableBytes(), out);
    out.writeBytes(payload);
    payload.release();
    send(out);
  }

  /** Writes a frame. */
  void write(ServerFrame.Builder frame) {
    if (closing) {
      return;
    }
    // The header is written last, when it is known how long it is to be.
    ByteBuf out = connection.alloc().directBuffer(256).writerIndex(FrameHeader.MAX_BYTES);
    subprotocol.write(frame.build(), out);
    int end = out.writerIndex();
    int payload = end - FrameHeader.MAX_BYTES;
    int start = FrameHeader.MAX_BYTES - FrameHeader.size(payload);
    out.writerIndex(start);
    FrameHeader.write(subprotocol.opcode(), payload, out);
    out.writerIndex(end).readerIndex(start);
    send(out);
  }

  private Outlet outlet() {
    return Objects.requireNonNull(outlet, "written to before it was opened");
  }

  /** Who is refused has no session, and so no outlet. */
  private void send(ByteBuf bytes) {
    if (outlet == null) {
      connection.write(bytes, connection.voidPromise());
    } else {
      outlet.write(bytes);
    }
  }
}
