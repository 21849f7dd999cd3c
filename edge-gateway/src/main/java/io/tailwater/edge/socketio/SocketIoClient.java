package io.tailwater.edge.socketio;

import io.netty.util.concurrent.Future;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.session.Session;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the session's event loop: a client of Socket.IO with its sockets, of which it has one
 * in each namespace that it has connected to. Packets that are malformed end the session.
 */
final class SocketIoClient implements EngineListener {
  private static final int MAX_NAMESPACES = 100;

  /** Events without an answer, at which no more is read. */
  private static final int MAX_WAITING = 256;

  /**
   * Who has sent the request that began a session. A refusal is told where a client can read it:
   * when it connects to a namespace without a token of its own. Immutable.
   */
  sealed interface Handshaker {
    /** Where the request came from; empty if that is not known. */
    String address();

    /** The request shows an identity; it may be the anonymous one. */
    record Known(Identity identity) implements Handshaker {
      @Override
      public String address() {
        return identity.address();
      }
    }

    /** The request is refused. */
    record Refused(RequestException refusal, String address) implements Handshaker {}
  }

  private final EngineSession session;
  private final Handshaker handshaker;
  private final SocketIoParts parts;
  private final Map<String, NamespaceSocket> sockets = new HashMap<>(2);
  private final Set<String> connecting = new HashSet<>(2);

  /** Namespaces whose socket has ended: the client may not know it yet. */
  private final Set<String> ended = new HashSet<>(2);

  private final List<byte[]> attachments = new ArrayList<>(0);
  private @Nullable SocketPacket assembling;
  private long attachedBytes;
  private @Nullable Future<?> connectDeadline;
  private int waiting;
  private boolean over;

  SocketIoClient(EngineSession session, Handshaker handshaker, SocketIoParts parts) {
    this.session = session;
    this.handshaker = handshaker;
    this.parts = parts;
    this.connectDeadline =
        session
            .loop()
            .eventLoop()
            .schedule(
                session::close,
                parts.configuration().connectWithin().toMillis(),
                TimeUnit.MILLISECONDS);
  }

  @Override
  public void onMessage(EnginePacket message) {
    if (message.binary()) {
      onAttachment(message.data());
      return;
    }
    SocketPacket packet = SocketPacket.read(message.data());
    if (packet == null || assembling != null) {
      session.close();
    } else if (packet.attachments() > 0) {
      assembling = packet;
    } else {
      onPacket(packet);
    }
  }

  private void onAttachment(byte[] bytes) {
    SocketPacket packet = assembling;
    attachedBytes += bytes.length;
    if (packet == null || attachedBytes > parts.configuration().maxPayload()) {
      attachedBytes -= bytes.length;
      session.close();
      return;
    }
    attachments.add(bytes);
    parts.metrics().attached(bytes.length);
    if (attachments.size() == packet.attachments()) {
      assembling = null;
      onPacket(packet);
      forgetAttachments();
    }
  }

  private void forgetAttachments() {
    parts.metrics().attached(-attachedBytes);
    attachments.clear();
    attachedBytes = 0;
  }

  private void onPacket(SocketPacket packet) {
    String namespace = packet.namespace();
    if (packet.type() == SocketPacket.Type.CONNECT) {
      connect(namespace, packet.payload());
      return;
    }
    NamespaceSocket socket = sockets.get(namespace);
    if (socket == null) {
      if (!ended.contains(namespace)) {
        session.close();
      }
      return;
    }
    switch (packet.type()) {
      case EVENT, BINARY_EVENT -> {
        Arguments event = Arguments.read(packet.payload(), attachments);
        if (event == null) {
          session.close();
        } else {
          socket.onEvent(event, packet.id());
        }
      }
      case DISCONNECT -> {
        remove(namespace);
        socket.forget();
        socket.end(true);
      }
      case ACK, BINARY_ACK -> {
        byte[] answer = Arguments.array(packet.payload(), attachments);
        if (answer == null) {
          session.close();
        } else {
          socket.onAcknowledgement(packet.id(), answer);
        }
      }
      case CONNECT, CONNECT_ERROR -> {
        // Only a server sends the one, and the other was handled above.
      }
    }
  }

  private void remove(String namespace) {
    sockets.remove(namespace);
    ended.add(namespace);
  }

  // --- connecting to a namespace ---

  private void connect(String namespace, byte[] payload) {
    if (sockets.containsKey(namespace)
        || sockets.size() + connecting.size() >= MAX_NAMESPACES
        || !connecting.add(namespace)) {
      session.close();
      return;
    }
    if (!exists(namespace)) {
      refused(namespace, "{\"message\":\"Invalid namespace\"}");
      return;
    }
    try {
      Auth auth = Auth.read(payload);
      Identity identity = identity(auth);
      parts
          .authority()
          .connect(identity)
          .thenCompose(allowed -> begin(auth, identity))
          .whenComplete(
              (begun, failure) ->
                  session
                      .loop()
                      .execute(
                          () -> {
                            if (begun == null) {
                              refused(namespace, Problems.refusal(failure));
                            } else {
                              connected(namespace, auth, identity, begun);
                            }
                            session.flush();
                          }));
    } catch (RequestException e) {
      refused(namespace, e);
    }
  }

  /**
   * What a socket begins with. Immutable.
   *
   * @param rooms that its session had; null if it continues none
   */
  private record Begun(Session session, @Nullable List<Restored> rooms) {}

  private CompletableFuture<Begun> begin(Auth auth, Identity identity) {
    Duration recovery = parts.configuration().recovery();
    if (!parts.recovers()) {
      return CompletableFuture.completedFuture(fresh(identity));
    }
    return parts
        .sessions()
        .begin(auth.pid(), identity.subject(), recovery)
        .thenCompose(
            session ->
                session.restored()
                    ? restored(auth, identity, session)
                    : CompletableFuture.completedFuture(new Begun(session, null)));
  }

  private CompletableFuture<Begun> restored(Auth auth, Identity identity, Session session) {
    return parts
        .kept()
        .get(session)
        .thenCompose(rooms -> Restored.open(rooms, auth.offset(), identity, parts.subscriptions()))
        .thenApply(rooms -> rooms == null ? fresh(identity) : new Begun(session, rooms));
  }

  private Begun fresh(Identity identity) {
    return new Begun(
        parts.sessions().fresh(identity.subject(), parts.configuration().recovery()), null);
  }

  private boolean exists(String namespace) {
    if (namespace.equals(SocketPacket.MAIN)) {
      return true;
    }
    String name = namespace.substring(1);
    if (parts.configuration().namespaces().contains(name)) {
      return true;
    }
    try {
      return !parts.namespaces().get(name).getInternal();
    } catch (RequestException e) {
      return false;
    }
  }

  private Identity identity(Auth auth) {
    if (!auth.token().isEmpty()) {
      return parts.access().identify(auth.token()).from(handshaker.address());
    }
    return switch (handshaker) {
      case Handshaker.Known(Identity identity) -> identity;
      case Handshaker.Refused(RequestException refusal, String address) -> throw refusal;
    };
  }

  private void connected(String namespace, Auth auth, Identity identity, Begun begun) {
    if (over || !connecting.remove(namespace)) {
      abandon(begun);
      return;
    }
    SocketTransport transport =
        new SocketTransport(session, namespace, auth.meta(), parts.recovers(), parts.metrics());
    Connection connection;
    try {
      connection = parts.subscriptions().begin(session.loop(), identity, transport);
    } catch (RequestException e) {
      abandon(begun);
      connecting.add(namespace);
      refused(namespace, e);
      return;
    }
    Session session = begun.session();
    NamespaceSocket socket =
        new NamespaceSocket(
            namespace,
            transport,
            connection,
            session,
            parts,
            this::onWaiting,
            () -> left(namespace));
    sockets.put(namespace, socket);
    ended.remove(namespace);
    stopDeadline();
    // Answers of an earlier connection are lost, as in Socket.IO.
    parts.sessions().opened(session, connection, answer -> {});
    parts
        .known()
        .opened(identity, connection.id(), session.id(), session.restored(), namespace, auth.own());
    String pid = parts.recovers() ? ",\"pid\":" + EventJson.quoted(session.text()) : "";
    socket.begin(
        begun.rooms() == null ? List.of() : begun.rooms(),
        () ->
            write(
                SocketPacket.Type.CONNECT,
                namespace,
                "{\"sid\":" + EventJson.quoted(connection.id()) + pid + "}"));
    socket.keep();
  }

  private static void abandon(Begun begun) {
    if (begun.rooms() != null) {
      begun.rooms().forEach(Restored::abandon);
    }
  }

  /** The gateway has ended a socket for good. */
  private void left(String namespace) {
    NamespaceSocket socket = sockets.get(namespace);
    if (socket != null) {
      socket.forget();
      remove(namespace);
      socket.end(false);
    }
  }

  /** What passes closes the session, so that the client comes back by itself. */
  private void refused(String namespace, RequestException refusal) {
    if (refusal.code().retry()) {
      session.close();
    } else {
      refused(
          namespace,
          "{\"message\":"
              + EventJson.quoted(refusal.text())
              + ",\"data\":{\"code\":\""
              + refusal.code().wire()
              + "\"}}");
    }
  }

  private void refused(String namespace, String json) {
    if (connecting.remove(namespace)) {
      write(SocketPacket.Type.CONNECT_ERROR, namespace, json);
    }
  }

  private void write(SocketPacket.Type type, String namespace, String json) {
    session.message(
        out -> {
          SocketText.head(type, 0, namespace, SocketPacket.NO_ID, out);
          out.writeCharSequence(json, StandardCharsets.UTF_8);
        });
  }

  private void onWaiting(int change) {
    waiting += change;
    parts.metrics().waiting(change);
    session.busy(waiting >= MAX_WAITING);
  }

  @Override
  public void onWritable() {
    for (NamespaceSocket socket : List.copyOf(sockets.values())) {
      socket.connection().onWritable();
    }
  }

  @Override
  public void onEnd(boolean deliberate) {
    over = true;
    stopDeadline();
    forgetAttachments();
    List<NamespaceSocket> all = List.copyOf(sockets.values());
    sockets.clear();
    all.forEach(socket -> socket.end(deliberate));
  }

  private void stopDeadline() {
    if (connectDeadline != null) {
      connectDeadline.cancel(false);
      connectDeadline = null;
    }
  }
}
