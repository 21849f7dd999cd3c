package io.tailwater.edge.socketio;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Positions;
import io.tailwater.contract.v1.Event;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.NoticeJson;
import io.tailwater.edge.connection.Opens;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.connection.Payload;
import io.tailwater.edge.connection.StateJson;
import io.tailwater.edge.connection.StreamOpening;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.StateBlock;
import io.tailwater.edge.log.Subscription;
import io.tailwater.edge.presence.PresenceUpdate;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: writes to one socket of a client, in one namespace. What
 * is stored nowhere is written as an event, too, so that every event can carry the positions.
 */
final class SocketTransport
    implements Transport,
        Opens,
        Transport.Buffers,
        Transport.Unsubscribes,
        Transport.Pushes,
        Transport.Asks,
        Transport.Joins,
        Transport.States,
        Transport.Presences {
  private static final String NAME = "socketio";

  private final EngineSession session;
  private final String namespace;
  private final boolean meta;
  private final boolean offsets;
  private final Asked asked;
  private @Nullable Owner owner;
  private @Nullable Connection connection;

  /** What the transport's socket does besides writing. */
  interface Owner extends Transport.Joins {
    /**
     * Whether the client has subscribed itself, and so knows what is said about a channel besides
     * its events.
     */
    boolean subscribed(Subscription subscription);

    /** A channel is closed and read to its end. */
    void ended(Subscription subscription);

    /** An operator ends a subscription. */
    void unsubscribe(Subscription subscription);

    /** The socket has left its namespace, and nobody continues it. */
    void left();
  }

  /**
   * @param namespace of Socket.IO, with its slash
   * @param meta whether events come with what is known of them besides their data
   * @param offsets whether events end with the positions
   */
  SocketTransport(
      EngineSession session,
      String namespace,
      boolean meta,
      boolean offsets,
      SocketIoMetrics metrics) {
    this.session = session;
    this.namespace = namespace;
    this.meta = meta;
    this.offsets = offsets;
    this.asked = new Asked(session.loop(), metrics);
  }

  /** Sets what it belongs to; once, before anything else. */
  void own(Owner by) {
    owner = by;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void open(Connection begun, StreamOpening opening) {
    connection = begun;
  }

  @Override
  public boolean writable() {
    return session.writable();
  }

  @Override
  public long bufferedBytes() {
    return session.waiting();
  }

  @Override
  public void flush() {
    session.flush();
  }

  @Override
  public int events(Subscription subscription, Run run, int index) {
    int end = run.events().size();
    Outlet outlet = session.outlet();
    SocketFrames frames = meta || outlet == null ? null : frames(subscription);
    if (frames != null && outlet != null) {
      frames.of(run).writeFrom(index, outlet);
      return end;
    }
    EventBytes bodies = (meta ? SocketBodies.META : SocketBodies.PLAIN).of(run);
    int next = index;
    do {
      write(subscription, run.events().get(next), bodies.at(next));
      next++;
    } while (next < end && session.writable());
    return next;
  }

  /** The shared frames that say everything to this socket; null if there are none. */
  private @Nullable SocketFrames frames(Subscription subscription) {
    if (!offsets
        || connection().subscriptions().size() > 1
        || !(subscription.scope() instanceof Channel channel)) {
      return null;
    }
    for (SocketFrames frames : SocketFrames.values()) {
      if (frames.namespace(channel).equals(namespace)) {
        return frames;
      }
    }
    return null;
  }

  private void write(Subscription subscription, Event event, ByteBuf body) {
    boolean bytes = SocketText.isBytes(event);
    session.message(
        out -> {
          eventHead(bytes ? 1 : 0, SocketPacket.NO_ID, out);
          out.writeBytes(body);
          end(positions(subscription, event.getOffset()), out);
        });
    body.release();
    if (bytes) {
      session.bytes(event.getData().toByteArray());
    }
  }

  private void eventHead(int attachments, long id, ByteBuf out) {
    SocketText.head(
        attachments > 0 ? SocketPacket.Type.BINARY_EVENT : SocketPacket.Type.EVENT,
        attachments,
        namespace,
        id,
        out);
  }

  /** Without recovery no client hands the positions back, and they are left out. */
  private void end(String positions, ByteBuf out) {
    if (offsets) {
      SocketText.end(positions, out);
    } else {
      out.writeByte(']');
    }
  }

  /** Where the socket stands in all its rooms; empty without any. */
  private String positions(@Nullable Subscription delivering, long through) {
    Connection of = connection();
    if (of.subscriptions().stream().noneMatch(one -> one == delivering || one.hasPosition())) {
      return "";
    }
    Positions.Encoder positions = new Positions.Encoder(of.subscriptions().size());
    for (Subscription one : of.subscriptions()) {
      if (one == delivering) {
        one.addTo(positions, through);
      } else {
        one.addTo(positions);
      }
    }
    return positions.toString();
  }

  /** Writes an event that is stored nowhere. */
  void emit(String name, Consumer<ByteBuf> data) {
    session.message(
        out -> {
          eventHead(0, SocketPacket.NO_ID, out);
          SocketText.begin(name, out);
          out.writeByte(',');
          data.accept(out);
          end(positions(null, 0), out);
        });
  }

  /** As {@link #emit(String, Consumer)}, of JSON. */
  void emit(String name, String json) {
    emit(name, out -> out.writeCharSequence(json, StandardCharsets.UTF_8));
  }

  @Override
  public void push(String type, Payload payload) {
    push(type, payload, SocketPacket.NO_ID);
  }

  @Override
  public void ask(String type, Payload payload, long timeoutMs, Heard heard) {
    push(type, payload, asked.add(timeoutMs, heard));
  }

  /**
   * An event that is to be acknowledged has no offset, as in Socket.IO: its callback is last.
   *
   * @param id {@link SocketPacket#NO_ID} if it is not to be acknowledged
   */
  private void push(String type, Payload payload, long id) {
    List<ByteString> attachments = attachments(payload);
    session.message(
        out -> {
          eventHead(attachments.size(), id, out);
          SocketText.begin(type, out);
          SocketText.arguments(",", payload, out);
          if (id == SocketPacket.NO_ID) {
            end(positions(null, 0), out);
          } else {
            out.writeByte(']');
          }
        });
    attachments.forEach(bytes -> session.bytes(bytes.toByteArray()));
  }

  private static List<ByteString> attachments(Payload payload) {
    return payload.isBytes()
        ? List.of(payload.data())
        : payload.pieces().stream().map(Payload.Piece::bytes).toList();
  }

  /** The events that its client is to acknowledge. */
  Asked asked() {
    return asked;
  }

  /** Acknowledges an event. */
  void acknowledge(long id, Payload payload) {
    List<ByteString> attachments = attachments(payload);
    session.message(
        out -> {
          SocketText.head(
              attachments.isEmpty() ? SocketPacket.Type.ACK : SocketPacket.Type.BINARY_ACK,
              attachments.size(),
              namespace,
              id,
              out);
          out.writeByte('[');
          SocketText.arguments("", payload, out);
          out.writeByte(']');
        });
    attachments.forEach(bytes -> session.bytes(bytes.toByteArray()));
  }

  @Override
  public void state(Subscription subscription, StateBlock block) {
    emit("tw.state", out -> StateJson.write(subscription.scope().toString(), block, out));
  }

  @Override
  public void presence(PresenceUpdate update) {
    emit("tw.presence", out -> out.writeBytes(update.json()));
  }

  @Override
  public void notice(Subscription subscription, Notice notice) {
    String name =
        switch (notice) {
          case Notice.Live live -> "tw.live";
          case Notice.Reset reset -> "tw.reset";
          case Notice.PartitionsReset reset -> "tw.reset";
          case Notice.End end -> "tw.end";
        };
    if (owner().subscribed(subscription)) {
      emit(name, out -> NoticeJson.write(subscription.scope(), notice, out));
    }
    if (notice instanceof Notice.End) {
      owner().ended(subscription);
    }
  }

  @Override
  public void unsubscribe(Subscription subscription) {
    owner().unsubscribe(subscription);
  }

  @Override
  public void join(Channel channel, Start start) {
    owner().join(channel, start);
  }

  @Override
  public boolean leave(Channel channel) {
    return owner().leave(channel);
  }

  /**
   * What passes closes the session, so that the client comes back by itself. What lasts ends this
   * socket alone, and its application decides. A connection that another one has replaced is dead,
   * or it is the newer one after all, and the other gateway was late; then its client comes back.
   */
  @Override
  public void end(Disconnect disconnect) {
    switch (disconnect) {
      case COMPLETE, UNAUTHORIZED, REVOKED, FORBIDDEN -> {
        session.message(
            out ->
                SocketText.head(
                    SocketPacket.Type.DISCONNECT, 0, namespace, SocketPacket.NO_ID, out));
        session.flush();
        owner().left();
      }
      case BAD_FRAME, EXPIRED, NOT_YET_VALID, TOO_SLOW, TOO_MANY, GOING_AWAY, REPLACED ->
          session.close();
      case RESET -> session.reset();
    }
  }

  private Connection connection() {
    return Objects.requireNonNull(connection, "written before it began");
  }

  private Owner owner() {
    return Objects.requireNonNull(owner, "used before it has an owner");
  }
}
