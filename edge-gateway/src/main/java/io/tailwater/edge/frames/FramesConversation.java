package io.tailwater.edge.frames;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Conflict;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Ack;
import io.tailwater.contract.v1.Acked;
import io.tailwater.contract.v1.Auth;
import io.tailwater.contract.v1.Authed;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.Error;
import io.tailwater.contract.v1.Pong;
import io.tailwater.contract.v1.Present;
import io.tailwater.contract.v1.Presented;
import io.tailwater.contract.v1.Publish;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.ConflictJson;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.presence.PresenceWish;
import io.tailwater.edge.publish.Receipt;
import io.tailwater.edge.session.Session;
import io.tailwater.edge.websocket.Conversation;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Confined to the connection's event loop: does what a client's frames ask, and answers each of
 * them once.
 */
final class FramesConversation implements Conversation, Answers {
  private static final Logger LOG = LoggerFactory.getLogger(FramesConversation.class);

  private final FramesTransport transport;
  private final Caller caller;
  private final FramesParts parts;
  private final FramesCalls calls;
  private @Nullable Connection connection;
  private @Nullable FramesSubscriptions subscriptions;
  private final @Nullable String shown;
  private Session session;
  private @Nullable Future<?> authDeadline;
  private int waiting;
  private boolean gone;

  /**
   * @param session of the connection
   * @param shown the session that the client presents; null for none. If it shows its token in a
   *     frame, whose session it was can be judged only then
   */
  FramesConversation(
      FramesTransport transport,
      Caller caller,
      Session session,
      @Nullable String shown,
      FramesParts parts) {
    this.transport = transport;
    this.caller = caller;
    this.session = session;
    this.shown = shown;
    this.parts = parts;
    this.calls = new FramesCalls(parts.calls(), parts.openCalls(), loop(), this::answerCall);
  }

  @Override
  public void begin() {
    assert loop().inEventLoop();
    switch (caller) {
      case Caller.Known(Identity identity) -> {
        try {
          begin(identity);
        } catch (RequestException e) {
          gone = true;
          transport.close(Disconnect.TOO_MANY, e.text());
        }
      }
      case Caller.Refused(Disconnect disconnect, String reason) -> {
        gone = true;
        transport.close(disconnect, reason);
      }
    }
  }

  private void begin(Identity identity) {
    transport.onEnd(subscription -> subscriptions().ended(subscription));
    transport.onUnsubscribe(subscription -> subscriptions().unsubscribedByOperator(subscription));
    Connection begun = parts.subscriptions().begin(transport.socket().netty(), identity, transport);
    connection = begun;
    subscriptions = new FramesSubscriptions(begun, parts, this);
    transport.onJoin(subscriptions);
    open(identity);
    if (identity.anonymous()) {
      authDeadline =
          loop()
              .schedule(
                  this::requireToken,
                  parts.configuration().authWithin().toMillis(),
                  TimeUnit.MILLISECONDS);
    }
  }

  /** The connection has its session, and this identity. */
  private void open(Identity identity) {
    parts.sessions().opened(session, connection(), this::handedOver);
    parts.known().opened(identity, connection().id(), session.id(), session.restored());
    calls.expect(session);
  }

  /** An answer that came after an earlier connection of the session had ended. Any thread. */
  private void handedOver(byte[] frame) {
    loop()
        .execute(
            () -> {
              try {
                calls.handedOver(ServerFrame.parseFrom(frame).toBuilder());
              } catch (InvalidProtocolBufferException e) {
                // Of a gateway of another version. The call is refused at its deadline.
                LOG.warn("an answer that was handed over cannot be read", e);
              }
            });
  }

  private void requireToken() {
    if (!gone && connection().identity().anonymous() && !parts.namespaces().anonymous()) {
      transport.fail(
          Disconnect.UNAUTHORIZED, "a token is needed: the frame auth, or Authorization: Bearer …");
    }
  }

  @Override
  public void onMessage(boolean text, ByteBuf message) {
    assert loop().inEventLoop();
    if (gone) {
      return;
    }
    if (text != transport.subprotocol().text()) {
      transport.fail(
          Disconnect.BAD_FRAME,
          transport.subprotocol().wire() + " has " + (text ? "binary" : "text") + " messages only");
      return;
    }
    switch (transport.subprotocol().read(message)) {
      case ClientMessage.Asked(ClientFrame frame) -> onFrame(frame);
      case ClientMessage.Refused(long id, RequestException refusal) -> error(id, refusal);
      case ClientMessage.Unreadable(String reason) -> transport.fail(Disconnect.BAD_FRAME, reason);
    }
  }

  private void onFrame(ClientFrame frame) {
    long id = frame.getId();
    try {
      switch (frame.getFrameCase()) {
        case AUTH -> auth(id, frame.getAuth());
        case SUBSCRIBE -> subscriptions().subscribe(id, frame.getSubscribe());
        case RESUME -> subscriptions().resume(id, frame.getResume());
        case PUBLISH -> publish(id, frame.getPublish());
        case CALL ->
            calls.call(id, connection().identity(), connection().id(), session, frame.getCall());
        case UNSUBSCRIBE -> subscriptions().unsubscribe(id, frame.getUnsubscribe());
        case ACK -> ack(id, frame.getAck());
        case PRESENT -> present(id, frame.getPresent());
        case PING -> answer(id, to -> to.setPong(Pong.newBuilder().setServerTimeMs(now())));
        case FRAME_NOT_SET ->
            throw invalid(
                "a frame has one of auth, subscribe, resume, publish, call, unsubscribe, ack,"
                    + " present or ping");
      }
    } catch (RequestException e) {
      error(id, e);
    }
  }

  // --- who it is ---

  private void auth(long id, Auth auth) {
    Identity before = connection().identity();
    Identity identity;
    try {
      identity = parts.access().identify(auth.getToken());
    } catch (RequestException e) {
      error(id, e);
      if (before.anonymous()) {
        transport.fail(Caller.disconnect(e), e.text());
      }
      return;
    }
    if (!before.anonymous() && !before.subject().equals(identity.subject())) {
      throw new RequestException(
          ErrorCode.FORBIDDEN,
          "this connection is that of another subject: make a new one for this token");
    }
    connection().authenticated(identity, now());
    cancelAuthDeadline();
    if (!before.anonymous() || identity.anonymous()) {
      authed(id, identity, Authed.newBuilder());
    } else if (shown == null) {
      authed(id, identity, renewed(parts.sessions().fresh(identity.subject())));
    } else {
      await(
          parts.sessions().begin(shown, identity.subject()),
          (begun, failure) -> onSession(id, identity, Objects.requireNonNull(begun)));
    }
    subscriptions().recheck(identity);
  }

  private void onSession(long id, Identity identity, Session begun) {
    if (gone) {
      parts.sessions().abandoned(begun);
    } else {
      authed(id, identity, renewed(begun));
    }
  }

  private void authed(long id, Identity identity, Authed.Builder authed) {
    answer(
        id,
        to ->
            to.setAuthed(
                authed.setSubject(identity.subject()).setExpiresAtMs(identity.expiresAtMs())));
  }

  /** A session is that of one subject, so one that was nobody's is not continued. */
  private Authed.Builder renewed(Session next) {
    parts.sessions().ended(session);
    session = next;
    open(connection().identity());
    Authed.Builder authed = Authed.newBuilder().setSession(session.text());
    return session.restored() ? authed.setRestored(true) : authed;
  }

  private void cancelAuthDeadline() {
    if (authDeadline != null) {
      authDeadline.cancel(false);
      authDeadline = null;
    }
  }

  // --- where it is present ---

  private void present(long id, Present wish) {
    Channel channel = Channel.parse(wish.getChannel());
    String info = wish.getInfo().toStringUtf8();
    connection().changePresence(channel, info.isEmpty() ? "" : PresenceWish.info(info));
    answer(id, to -> to.setPresented(Presented.newBuilder().setChannel(channel.toString())));
  }

  // --- what it publishes ---

  private void publish(long id, Publish wish) {
    await(
        parts.publishing().publish(connection().identity(), wish),
        (receipt, failure) -> onPublished(id, receipt, failure));
  }

  private void onPublished(long id, @Nullable Receipt receipt, @Nullable Throwable failure) {
    if (receipt == null) {
      error(id, refusal(Objects.requireNonNull(failure)));
    } else {
      answer(id, to -> to.setPublished(receipt.published()));
    }
  }

  // --- what its subject has read ---

  private void ack(long id, Ack wish) {
    Channel channel = Channel.parse(wish.getChannel());
    await(
        parts.marks().move(connection().identity(), channel, wish.getPosition()),
        (read, failure) -> onAcked(id, channel, read, failure));
  }

  private void onAcked(
      long id, Channel channel, @Nullable Position read, @Nullable Throwable failure) {
    if (read == null) {
      error(id, refusal(Objects.requireNonNull(failure)));
    } else {
      answer(
          id,
          to ->
              to.setAcked(
                  Acked.newBuilder().setChannel(channel.toString()).setPosition(read.toString())));
    }
  }

  // --- its answers ---

  @Override
  public <T> void await(CompletableFuture<T> coming, Outcome<T> outcome) {
    waiting++;
    parts.metrics().waiting(1);
    coming.whenComplete(
        (result, failure) ->
            loop()
                .execute(
                    () -> {
                      waiting--;
                      parts.metrics().waiting(-1);
                      outcome.with(result, failure);
                      transport.flush();
                      transport.socket().readOn();
                    }));
  }

  @Override
  public void answer(long id, Consumer<ServerFrame.Builder> content) {
    if (!gone) {
      ServerFrame.Builder frame = ServerFrame.newBuilder().setId(id);
      content.accept(frame);
      transport.write(frame);
    }
  }

  /**
   * The answer to a call. A connection that is being closed leaves it to the session's next one.
   *
   * @return whether this connection has sent it
   */
  private boolean answerCall(ServerFrame.Builder frame) {
    if (gone || transport.socket().closing()) {
      parts.handOvers().hand(session, frame.build().toByteArray());
      return false;
    }
    transport.write(frame);
    transport.flush();
    return true;
  }

  @Override
  public RequestException refusal(Throwable failure) {
    return Problems.refusal(connection(), failure);
  }

  @Override
  public void error(long id, RequestException refusal) {
    Error.Builder error =
        Error.newBuilder()
            .setCode(refusal.code().wire())
            .setMessage(refusal.text())
            .setRetry(refusal.code().retry());
    Conflict conflict = refusal.conflict();
    if (conflict != null) {
      error
          .setReason(conflict.reason())
          .setCurrent(ByteString.copyFromUtf8(ConflictJson.current(conflict)));
    }
    answer(id, to -> to.setError(error));
  }

  @Override
  public boolean full() {
    return waiting >= parts.configuration().waiting();
  }

  @Override
  public void onWritable() {
    assert loop().inEventLoop();
    if (!gone) {
      connection().onWritable();
    }
  }

  @Override
  public void onClose() {
    assert loop().inEventLoop();
    if (connection != null && !gone) {
      connection.onLeft();
    }
    calls.hangUp();
    onEnd();
  }

  @Override
  public void onEnd() {
    assert loop().inEventLoop();
    gone = true;
    cancelAuthDeadline();
    if (connection != null) {
      parts.sessions().ended(session);
      parts.known().closed(connection.id());
      calls.move(session, parts.handOvers());
      connection.onGone();
    }
  }

  private Connection connection() {
    return Objects.requireNonNull(connection, "used before it began");
  }

  private FramesSubscriptions subscriptions() {
    return Objects.requireNonNull(subscriptions, "used before it began");
  }

  private EventLoop loop() {
    return transport.socket().netty().eventLoop();
  }

  private long now() {
    return parts.clock().millis();
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
