package io.tailwater.edge.frames;

import io.netty.buffer.ByteBuf;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.ChannelReset;
import io.tailwater.contract.v1.Encoding;
import io.tailwater.contract.v1.End;
import io.tailwater.contract.v1.Expiring;
import io.tailwater.contract.v1.Live;
import io.tailwater.contract.v1.PartitionReset;
import io.tailwater.contract.v1.Push;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.Welcome;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.connection.Opens;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.connection.OutletTransport;
import io.tailwater.edge.connection.Payload;
import io.tailwater.edge.connection.RetryDelay;
import io.tailwater.edge.connection.StateJson;
import io.tailwater.edge.connection.StreamOpening;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.log.Missed;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.StateBlock;
import io.tailwater.edge.log.Subscription;
import io.tailwater.edge.log.WireFormat;
import io.tailwater.edge.presence.PresenceUpdate;
import io.tailwater.edge.session.Session;
import io.tailwater.edge.websocket.WebSocket;
import io.tailwater.edge.websocket.WebSocketConfiguration;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Confined to the connection's event loop: writes frames on a WebSocket. */
final class FramesTransport
    implements OutletTransport,
        Opens,
        Transport.Beats,
        Transport.Expires,
        Transport.Unsubscribes,
        Transport.Pushes,
        Transport.Joins,
        Transport.States,
        Transport.Presences {
  private static final String NAME = "ws";

  /** Codes below it are RFC 6455's, and are not announced by a frame of ours. */
  private static final int FIRST_OF_OURS = 4000;

  private final WebSocket socket;
  private final Outlet outlet;
  private final Subprotocol subprotocol;
  private final WireFormat<EventFrames> events;
  private final Session session;
  private final WebSocketConfiguration limits;
  private final FramesConfiguration configuration;
  private final RetryDelay retryDelay;
  private Consumer<Subscription> onEnd = subscription -> {};
  private Consumer<Subscription> onUnsubscribe = subscription -> {};
  private Transport.@Nullable Joins joins;
  private @Nullable Connection connection;

  FramesTransport(
      WebSocket socket,
      Subprotocol subprotocol,
      Session session,
      WebSocketConfiguration limits,
      FramesConfiguration configuration,
      RetryDelay retryDelay) {
    this.socket = socket;
    this.outlet = socket.outlet();
    this.subprotocol = subprotocol;
    this.events = socket.compression() ? subprotocol.events().compressed() : subprotocol.events();
    this.session = session;
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
  void onEnd(Consumer<Subscription> listener) {
    onEnd = listener;
  }

  /** Sets who ends a subscription. */
  void onUnsubscribe(Consumer<Subscription> listener) {
    onUnsubscribe = listener;
  }

  @Override
  public void unsubscribe(Subscription subscription) {
    onUnsubscribe.accept(subscription);
  }

  /** Sets who subscribes for the backend. */
  void onJoin(Transport.Joins listener) {
    joins = listener;
  }

  @Override
  public void join(Channel channel, Start start) {
    joins().join(channel, start);
  }

  @Override
  public boolean leave(Channel channel) {
    return joins().leave(channel);
  }

  private Transport.Joins joins() {
    return Objects.requireNonNull(joins, "joined before it began");
  }

  @Override
  public void push(String type, Payload payload) {
    write(
        ServerFrame.newBuilder()
            .setPush(
                Push.newBuilder()
                    .setType(type)
                    .setData(payload.data())
                    .setEncoding(
                        payload.isBytes() ? Encoding.ENCODING_BASE64 : Encoding.ENCODING_JSON)));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Outlet outlet() {
    return outlet;
  }

  @Override
  public boolean writable() {
    return socket.writable();
  }

  @Override
  public void open(Connection connection, StreamOpening opening) {
    assert connection.loop().inLoop();
    this.connection = connection;
    Welcome.Builder welcome =
        Welcome.newBuilder()
            .setConnection(opening.connectionId())
            .setSession(session.text())
            .setServerTimeMs(opening.serverTimeMs())
            .setPingMs(limits.ping().toMillis())
            .setGateway(opening.gateway())
            .setLimits(
                Welcome.Limits.newBuilder()
                    .setFrame(limits.frameBytes())
                    .setChannels(configuration.channels()));
    if (session.restored()) {
      welcome.setRestored(true);
    }
    write(ServerFrame.newBuilder().setWelcome(welcome));
  }

  @Override
  public int events(Subscription subscription, Run run, int index) {
    boolean pattern = subscription.isPattern();
    // Frames of a pattern end with a position of their own, so they are not compressed once for
    // all.
    EventFrames frames = pattern ? subprotocol.events().of(run) : events.of(run);
    int next = index;
    do {
      int end = frames.endOf(next);
      if (pattern) {
        String position = subscription.position(run.events().get(end - 1).getOffset());
        ByteBuf suffix = socket.netty().alloc().directBuffer(128 + position.length());
        subprotocol.events().writePatternSuffix(subscription.scope().toString(), position, suffix);
        frames.writeOfPattern(next, suffix, outlet);
      } else {
        frames.write(next, outlet);
      }
      next = end;
    } while (next < run.events().size() && outlet.writable());
    return next;
  }

  @Override
  public void state(Subscription subscription, StateBlock block) {
    String channel = subscription.scope().toString();
    if (!subprotocol.text()) {
      write(ServerFrame.newBuilder().setState(StateFrames.of(channel, block)));
    } else if (!socket.closing()) {
      socket.write(
          true,
          out -> {
            out.writeCharSequence("{\"state\":", StandardCharsets.US_ASCII);
            StateJson.write(channel, block, out);
            out.writeByte('}');
          });
    }
  }

  @Override
  public void presence(PresenceUpdate update) {
    if (!subprotocol.text()) {
      write(ServerFrame.newBuilder().setPresence(PresenceFrames.of(update)));
    } else if (!socket.closing()) {
      socket.write(
          true,
          out -> {
            out.writeCharSequence("{\"presence\":", StandardCharsets.US_ASCII);
            out.writeBytes(update.json());
            out.writeByte('}');
          });
    }
  }

  @Override
  public void notice(Subscription subscription, Notice notice) {
    String channel = subscription.scope().toString();
    switch (notice) {
      case Notice.Live live ->
          write(
              ServerFrame.newBuilder()
                  .setLive(
                      Live.newBuilder().setChannel(channel).setPosition(subscription.position())));
      case Notice.Reset(Missed missed) ->
          write(
              ServerFrame.newBuilder()
                  .setReset(
                      reset(subscription, missed.reason())
                          .setEarliest(missed.earliest().toString())));
      case Notice.PartitionsReset(Missed.Reason reason, var earliest) -> {
        ChannelReset.Builder reset = reset(subscription, reason);
        earliest.forEach(
            (partition, position) ->
                reset.addPartitions(
                    PartitionReset.newBuilder()
                        .setPartition(partition)
                        .setEarliest(position.toString())));
        write(ServerFrame.newBuilder().setReset(reset));
      }
      case Notice.End end -> {
        write(ServerFrame.newBuilder().setEnd(End.newBuilder().setChannel(channel)));
        onEnd.accept(subscription);
      }
    }
  }

  private static ChannelReset.Builder reset(Subscription subscription, Missed.Reason reason) {
    return ChannelReset.newBuilder()
        .setChannel(subscription.scope().toString())
        .setReason(reason.wire())
        .setPosition(subscription.position());
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
