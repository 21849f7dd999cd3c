package io.tailwater.edge.frames;

import io.tailwater.contract.v1.ChannelReset;
import io.tailwater.contract.v1.End;
import io.tailwater.contract.v1.Expiring;
import io.tailwater.contract.v1.Live;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.Welcome;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.connection.Opens;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.connection.RetryDelay;
import io.tailwater.edge.connection.StreamOpening;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.log.Cursor;
import io.tailwater.edge.log.Missed;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.WireFormat;
import io.tailwater.edge.websocket.WebSocket;
import io.tailwater.edge.websocket.WebSocketConfiguration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Confined to the connection's event loop: writes frames on a WebSocket. */
final class FramesTransport
    implements Transport, Opens, Transport.Beats, Transport.Expires, Transport.Buffers {
  private static final String NAME = "ws";

  /** Codes below it are RFC 6455's, and are not announced by a frame of ours. */
  private static final int FIRST_OF_OURS = 4000;

  private final WebSocket socket;
  private final Outlet outlet;
  private final Subprotocol subprotocol;
  private final WireFormat<EventFrames> events;
  private final WebSocketConfiguration limits;
  private final FramesConfiguration configuration;
  private final RetryDelay retryDelay;
  private Consumer<Cursor> onEnd = cursor -> {};
  private @Nullable Connection connection;

  FramesTransport(
      WebSocket socket,
      Subprotocol subprotocol,
      WebSocketConfiguration limits,
      FramesConfiguration configuration,
      RetryDelay retryDelay) {
    this.socket = socket;
    this.outlet = socket.outlet();
    this.subprotocol = subprotocol;
    this.events = socket.compression() ? subprotocol.events().compressed() : subprotocol.events();
    this.limits = limits;
    this.configuration = configuration;
    this.retryDelay = retryDelay;
  }

  WebSocket socket() {
    return socket;
  }

  Subprotocol subprotocol() {
    return subprotocol;
  }

  /** Sets who is notified when a channel has ended. */
  void onEnd(Consumer<Cursor> listener) {
    onEnd = listener;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public boolean writable() {
    return socket.writable();
  }

  @Override
  public void open(Connection connection, StreamOpening opening) {
    assert connection.loop().inLoop();
    this.connection = connection;
    write(
        ServerFrame.newBuilder()
            .setWelcome(
                Welcome.newBuilder()
                    .setConnection(opening.connectionId())
                    .setSession("s" + opening.connectionId().substring(1))
                    .setServerTimeMs(opening.serverTimeMs())
                    .setPingMs(limits.ping().toMillis())
                    .setGateway(opening.gateway())
                    .setLimits(
                        Welcome.Limits.newBuilder()
                            .setFrame(limits.frameBytes())
                            .setChannels(configuration.channels()))));
  }

  @Override
  public int events(Cursor cursor, Run run, int index) {
    EventFrames frames = events.of(run);
    int next = index;
    do {
      frames.write(next, outlet);
      next = frames.endOf(next);
    } while (next < run.events().size() && outlet.writable());
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
    return limits.ping().toMillis();
  }

  @Override
  public void heartbeat() {
    if (!socket.ping()) {
      fail(Disconnect.TOO_SLOW, "nothing was heard for two pings");
    }
  }

  @Override
  public long bufferedBytes() {
    return outlet.bufferedBytes();
  }

  @Override
  public boolean unsent() {
    return outlet.waiting();
  }

  @Override
  public void flush() {
    socket.flush();
  }

  @Override
  public void end(Disconnect disconnect) {
    if (disconnect == Disconnect.RESET) {
      Outlet.reset(socket.netty());
    } else {
      close(disconnect, disconnect.reason());
    }
  }

  /** Ends the connection, and closes. */
  void fail(Disconnect disconnect, String reason) {
    if (connection != null) {
      connection.onGone();
    }
    close(disconnect, reason);
  }

  /** Tells the client why, and closes. */
  void close(Disconnect disconnect, String reason) {
    if (socket.closing()) {
      return;
    }
    if (disconnect.code() >= FIRST_OF_OURS) {
      io.tailwater.contract.v1.Disconnect.Builder frame =
          io.tailwater.contract.v1.Disconnect.newBuilder()
              .setCode(disconnect.code())
              .setReason(reason);
      if (disconnect.reconnect()) {
        frame.setRetryMs(retryDelay.nextMs());
      }
      write(ServerFrame.newBuilder().setDisconnect(frame));
    }
    socket.close(disconnect.code(), reason);
  }

  /** Writes a frame. */
  void write(ServerFrame.Builder frame) {
    if (!socket.closing()) {
      socket.write(subprotocol.text(), out -> subprotocol.write(frame.build(), out));
    }
  }
}
