package io.tailwater.edge.socketio;

import com.google.protobuf.ByteString;
import io.netty.util.concurrent.Future;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.MethodName;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Call;
import io.tailwater.contract.v1.Encoding;
import io.tailwater.contract.v1.Publish;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.contract.v1.Unsubscribe;
import io.tailwater.edge.backend.CallWish;
import io.tailwater.edge.backend.OngoingCall;
import io.tailwater.edge.backend.Route;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.connection.MessageJson;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.session.Session;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;

/**
 * Confined to the connection's event loop: one socket of a client in one namespace. It does what
 * the client's events ask, and answers each of them once.
 */
final class NamespaceSocket implements Rooms.Waits {
  private static final int MAX_CALLS = 64;
  private static final String EMIT = "socketio.emit";

  private final String namespace;
  private final SocketTransport transport;
  private final Connection connection;
  private final Session session;
  private final SocketIoParts parts;
  private final Rooms rooms;
  private final Route route;
  private final IntConsumer onWaiting;
  private final Set<OngoingCall> calls = new HashSet<>(2);
  private final Future<?> keeping;
  private boolean gone;

  /**
   * @param onWaiting is told by how much the number of events without an answer changes
   * @param onLeft called when the gateway has ended it for good
   */
  NamespaceSocket(
      String namespace,
      SocketTransport transport,
      Connection connection,
      Session session,
      SocketIoParts parts,
      IntConsumer onWaiting,
      Runnable onLeft) {
    this.namespace = namespace;
    this.transport = transport;
    this.connection = connection;
    this.session = session;
    this.parts = parts;
    this.onWaiting = onWaiting;
    this.rooms = new Rooms(connection, transport, parts, this, onLeft, this::keep);
    this.route = parts.calls().route();
    transport.own(rooms);
    long againMs = KeptRooms.writeAgainMs(parts.configuration().recovery());
    this.keeping =
        connection
            .loop()
            .eventLoop()
            .scheduleAtFixedRate(this::keep, againMs, againMs, TimeUnit.MILLISECONDS);
  }

  /** Keeps the rooms as they are now, if any are to be kept; whether they are. */
  CompletableFuture<Boolean> keep() {
    return gone || !parts.recovers()
        ? CompletableFuture.completedFuture(false)
        : parts.kept().put(session, rooms.kept());
  }

  /**
   * Begins with the rooms that its session had.
   *
   * @param told tells the client that it is connected
   */
  void begin(List<Restored> restored, Runnable told) {
    rooms.restore(restored);
    told.run();
    rooms.start(restored);
  }

  Connection connection() {
    return connection;
  }

  /** Takes an event of the client. */
  void onEvent(Arguments event, long id) {
    Reply reply = new Reply(transport, event.name(), id);
    try {
      switch (event.name()) {
        case "tw:subscribe" -> rooms.subscribe(read(event, Subscribe.newBuilder()).build(), reply);
        case "tw:unsubscribe" ->
            rooms.unsubscribe(read(event, Unsubscribe.newBuilder()).build(), reply);
        case "tw:publish" -> publish(read(event, Publish.newBuilder()).build(), reply);
        case "tw:call" -> {
          Call call = read(event, Call.newBuilder()).build();
          call(
              new CallWish(
                  call.getMethod(),
                  call.getData(),
                  call.getEncoding() == Encoding.ENCODING_BASE64,
                  call.getKey(),
                  call.getTimeoutMs(),
                  connection.id(),
                  session.id(),
                  ""),
              reply);
        }
        default -> call(wish(event), reply);
      }
    } catch (RequestException e) {
      reply.refuse(e);
    }
  }

  /** Takes an acknowledgement of the client. */
  void onAcknowledgement(long id, byte[] answer) {
    transport.asked().acknowledged(id, answer);
  }

  private static <M extends com.google.protobuf.Message.Builder> M read(Arguments event, M into) {
    if (event.values().size() != 1) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, event.name() + " has one argument, an object");
    }
    MessageJson.read(event.values().getFirst().json(), into, "the argument of " + event.name());
    return into;
  }

  private void publish(Publish wish, Reply reply) {
    await(
        parts.publishing().publish(connection.identity(), wish),
        (receipt, failure) -> {
          if (receipt == null) {
            reply.refuse(refusal(Objects.requireNonNull(failure)));
          } else {
            reply.done(receipt.published());
          }
        });
  }

  // --- calls ---

  /** Any other event: a call of its own name, or of the method that takes whatever has none. */
  private CallWish wish(Arguments event) {
    if (!isMethod(event.name())) {
      return wish(EMIT, emitted(event), false, event.bytesAt("/args"));
    }
    List<Arguments.Value> values = event.values();
    if (values.size() == 1) {
      byte[] bytes = values.getFirst().bytes();
      return bytes == null
          ? wish(event.name(), values.getFirst().json(), false, values.getFirst().at())
          : wish(event.name(), bytes, true, List.of());
    }
    return wish(
        event.name(), values.isEmpty() ? new byte[0] : event.array(), false, event.bytesAt(""));
  }

  private CallWish wish(String method, byte[] data, boolean bytes, List<String> bytesAt) {
    return new CallWish(
        method,
        ByteString.copyFrom(data),
        bytes,
        "",
        0,
        connection.id(),
        session.id(),
        "",
        bytesAt);
  }

  private static boolean isMethod(String name) {
    try {
      MethodName.require(name);
      return true;
    } catch (RequestException e) {
      return false;
    }
  }

  private byte[] emitted(Arguments event) {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    data.writeBytes(
        ("{\"namespace\":"
                + EventJson.quoted(namespace)
                + ",\"event\":"
                + EventJson.quoted(event.name())
                + ",\"args\":")
            .getBytes(StandardCharsets.UTF_8));
    data.writeBytes(event.array());
    data.write('}');
    return data.toByteArray();
  }

  private void call(CallWish wish, Reply reply) {
    if (calls.size() >= MAX_CALLS) {
      throw new RequestException(
          ErrorCode.RATE_LIMITED, "a socket has at most " + MAX_CALLS + " calls without an answer");
    }
    OngoingCall call = parts.calls().call(connection.identity(), wish, route);
    calls.add(call);
    call.outcome()
        .thenAccept(
            outcome ->
                connection
                    .loop()
                    .execute(
                        () -> {
                          if (calls.remove(call) && !gone) {
                            reply.outcome(outcome);
                            transport.flush();
                          }
                        }));
  }

  // --- what it waits for ---

  @Override
  public <T> void await(CompletableFuture<T> coming, Outcome<T> outcome) {
    onWaiting.accept(1);
    coming.whenComplete(
        (result, failure) ->
            connection
                .loop()
                .execute(
                    () -> {
                      outcome.with(result, failure);
                      transport.flush();
                      onWaiting.accept(-1);
                    }));
  }

  @Override
  public RequestException refusal(Throwable failure) {
    return Problems.refusal(connection, failure);
  }

  /** It is over, and nobody continues it. */
  void forget() {
    if (!gone && parts.recovers()) {
      parts.kept().forget(session);
    }
  }

  /**
   * It is over.
   *
   * @param deliberate whether the client has ended it on purpose
   */
  void end(boolean deliberate) {
    gone = true;
    keeping.cancel(false);
    List.copyOf(calls).forEach(OngoingCall::hangUp);
    calls.clear();
    transport.asked().end();
    parts.sessions().ended(session);
    parts.known().closed(connection.id());
    if (deliberate) {
      connection.onLeft();
    } else {
      connection.onGone();
    }
  }
}
