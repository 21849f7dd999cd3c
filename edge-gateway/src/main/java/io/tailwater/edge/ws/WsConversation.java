package io.tailwater.edge.ws;

import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Auth;
import io.tailwater.contract.v1.Authed;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.Encoding;
import io.tailwater.contract.v1.Error;
import io.tailwater.contract.v1.Pong;
import io.tailwater.contract.v1.Publish;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.Published;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.contract.v1.Subscribed;
import io.tailwater.contract.v1.Unsubscribe;
import io.tailwater.contract.v1.Unsubscribed;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.http.Problems;
import io.tailwater.edge.http.Subscribing;
import io.tailwater.edge.log.Cursor;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.publish.Publishing;
import io.tailwater.edge.publish.Receipt;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks on a WebSocket, and what it is answered: each of its frames once. Confined to
 * the connection's event loop.
 */
final class WsConversation {
  private final WsTransport transport;
  private final WsParts parts;
  private Map<Channel, Subscription> subscriptions = Map.of();
  private @Nullable Connection session;
  private @Nullable Future<?> authDeadline;
  private int waiting;
  private boolean gone;

  WsConversation(WsTransport transport, WsParts parts) {
    this.transport = transport;
    this.parts = parts;
  }

  /** One channel of this connection, from when it was asked for. */
  private static final class Subscription {
    /** Null until it was opened. */
    @Nullable Cursor cursor;

    /** Why it was given up before that. */
    @Nullable RequestException dropped;
  }

  /**
   * Begins with who the request says it is from.
   *
   * @throws RequestException {@code too_many_connections}
   */
  void begin(Identity identity) {
    transport.onEnd(this::ended);
    session = parts.subscriptions().begin(transport.connection(), identity, transport);
    if (identity.anonymous()) {
      authDeadline =
          transport
              .connection()
              .eventLoop()
              .schedule(
                  this::requireToken,
                  parts.configuration().authWithin().toMillis(),
                  TimeUnit.MILLISECONDS);
    }
  }

  private void requireToken() {
    if (!gone && session().identity().anonymous() && !parts.namespaces().anonymous()) {
      transport.fail(
          CloseCode.UNAUTHORIZED, "a token is needed: the frame auth, or Authorization: Bearer …");
    }
  }

  /** Takes a message of the client. */
  void onMessage(ByteBuf message) {
    if (gone) {
      return;
    }
    switch (transport.subprotocol().read(message)) {
      case ClientMessage.Asked(ClientFrame frame) -> onFrame(frame);
      case ClientMessage.Refused(long id, RequestException refusal) -> error(id, refusal);
      case ClientMessage.Unreadable(String reason) -> transport.fail(CloseCode.BAD_FRAME, reason);
    }
    if (full() && transport.connection().config().isAutoRead()) {
      parts.metrics().paused();
      transport.connection().config().setAutoRead(false);
    }
  }

  private void onFrame(ClientFrame frame) {
    long id = frame.getId();
    try {
      switch (frame.getFrameCase()) {
        case AUTH -> auth(id, frame.getAuth());
        case SUBSCRIBE -> subscribe(id, frame.getSubscribe());
        case PUBLISH -> publish(id, frame.getPublish());
        case CALL ->
            throw new RequestException(ErrorCode.NOT_FOUND, "no backend answers calls here");
        case UNSUBSCRIBE -> unsubscribe(id, frame.getUnsubscribe());
        case PING -> answer(id, to -> to.setPong(Pong.newBuilder().setServerTimeMs(now())));
        case FRAME_NOT_SET ->
            throw invalid(
                "a frame says what it wants: auth, subscribe, publish, call, unsubscribe or ping");
      }
    } catch (RequestException e) {
      error(id, e);
    }
  }

  // --- who it is ---

  private void auth(long id, Auth auth) {
    Identity before = session().identity();
    Identity identity;
    try {
      identity = parts.access().identify(auth.getToken());
    } catch (RequestException e) {
      error(id, e);
      if (before.anonymous()) {
        transport.fail(CloseCode.UNAUTHORIZED, e.text());
      }
      return;
    }
    if (!before.anonymous() && !before.subject().equals(identity.subject())) {
      throw new RequestException(
          ErrorCode.FORBIDDEN,
          "this connection is that of another subject: make a new one for this token");
    }
    session().authenticated(identity, now());
    cancelAuthDeadline();
    answer(
        id,
        to ->
            to.setAuthed(
                Authed.newBuilder()
                    .setSubject(identity.subject())
                    .setExpiresAtMs(identity.expiresAtMs())));
    Map.copyOf(subscriptions).forEach((channel, held) -> recheck(channel, held, identity));
  }

  /** Ends a subscription that another token allowed. */
  private void recheck(Channel channel, Subscription held, Identity identity) {
    if (identity.maySubscribe(channel, parts.namespaces().get(channel.namespace()))) {
      return;
    }
    RequestException refusal =
        new RequestException(
            ErrorCode.FORBIDDEN, "the connection's new token does not allow to read " + channel);
    drop(channel, held, refusal);
    if (held.cursor != null) {
      answer(
          0,
          to ->
              to.setUnsubscribed(
                  Unsubscribed.newBuilder()
                      .setChannel(channel.toString())
                      .setCode(refusal.code().wire())));
    }
  }

  private void cancelAuthDeadline() {
    if (authDeadline != null) {
      authDeadline.cancel(false);
      authDeadline = null;
    }
  }

  // --- what it reads ---

  private void subscribe(long id, Subscribe wish) {
    Channel channel = Channel.parse(wish.getChannel());
    if (subscriptions.containsKey(channel)) {
      throw invalid("this connection is subscribed to " + channel + " already");
    }
    int most = parts.configuration().channels();
    if (subscriptions.size() >= most) {
      throw new RequestException(
          ErrorCode.TOO_MANY_SUBSCRIPTIONS, "a connection has at most " + most + " channels");
    }
    CompletableFuture<Opened> opening =
        parts
            .subscriptions()
            .open(
                channel,
                Subscribing.start(channel, wish.getAfter(), wish.getFrom()),
                session().identity());
    Subscription held = new Subscription();
    if (subscriptions.isEmpty()) {
      subscriptions = new HashMap<>(2);
    }
    subscriptions.put(channel, held);
    await(opening, (opened, failure) -> onOpened(id, channel, held, opened, failure));
  }

  private void onOpened(
      long id,
      Channel channel,
      Subscription held,
      @Nullable Opened opened,
      @Nullable Throwable failure) {
    RequestException dropped = held.dropped;
    if (opened == null) {
      subscriptions.remove(channel, held);
      error(
          id,
          dropped != null ? dropped : Problems.refusal(session(), Objects.requireNonNull(failure)));
    } else if (session().closed() || dropped != null) {
      opened.abandon();
      if (dropped != null) {
        error(id, dropped);
      }
    } else {
      Cursor cursor = session().add(opened);
      held.cursor = cursor;
      answer(
          id,
          to ->
              to.setSubscribed(
                  Subscribed.newBuilder()
                      .setChannel(channel.toString())
                      .setPosition(cursor.position().toString())));
      session().start(cursor, opened);
    }
  }

  private void unsubscribe(long id, Unsubscribe wish) {
    Channel channel = Channel.parse(wish.getChannel());
    Subscription held = subscriptions.get(channel);
    if (held != null) {
      drop(channel, held, invalid("it was unsubscribed before it was open"));
    }
    // One that is not subscribed may have ended just now, which its client could not know.
    answer(id, to -> to.setUnsubscribed(Unsubscribed.getDefaultInstance()));
  }

  private void drop(Channel channel, Subscription held, RequestException why) {
    subscriptions.remove(channel);
    if (held.cursor != null) {
      session().remove(held.cursor);
    } else {
      held.dropped = why;
    }
  }

  /** A channel is closed and read to its end: the connection goes on without it. */
  private void ended(Cursor cursor) {
    subscriptions.remove(cursor.channel());
    // Not at once: it is being written for.
    transport.connection().eventLoop().execute(() -> session().remove(cursor));
  }

  // --- what it publishes ---

  private void publish(long id, Publish wish) {
    Channel channel = Channel.parse(wish.getChannel());
    if (wish.getData().isEmpty()
        && wish.getEncoding() == Encoding.ENCODING_JSON
        && !wish.getClose()) {
      throw invalid("'data' is missing: any JSON value, or base64 with \"encoding\":\"base64\"");
    }
    byte[] data = wish.getData().toByteArray();
    PublishRequest.Builder request =
        PublishRequest.newBuilder()
            .setType(wish.getType())
            .setKey(wish.getKey())
            .setClose(wish.getClose());
    Publishing publishing = parts.publishing();
    await(
        wish.getEncoding() == Encoding.ENCODING_BASE64
            ? publishing.publishBytes(session().identity(), channel, request, data)
            : publishing.publishJson(session().identity(), channel, request, data),
        (receipt, failure) -> onPublished(id, receipt, failure));
  }

  private void onPublished(long id, @Nullable Receipt receipt, @Nullable Throwable failure) {
    if (receipt == null) {
      error(id, Problems.refusal(session(), Objects.requireNonNull(failure)));
    } else {
      answer(
          id,
          to ->
              to.setPublished(
                  Published.newBuilder().setId(receipt.id()).setDuplicate(receipt.duplicate())));
    }
  }

  // --- its answers ---

  /** What is to be done with what was waited for. */
  private interface Outcome<T> {
    void with(@Nullable T result, @Nullable Throwable failure);
  }

  private <T> void await(CompletableFuture<T> coming, Outcome<T> outcome) {
    waiting++;
    parts.metrics().waiting(1);
    coming.whenComplete(
        (result, failure) ->
            transport
                .connection()
                .eventLoop()
                .execute(
                    () -> {
                      waiting--;
                      parts.metrics().waiting(-1);
                      outcome.with(result, failure);
                      transport.flush();
                      readWhatIsAnswered();
                    }));
  }

  private void answer(long id, Consumer<ServerFrame.Builder> content) {
    if (!gone) {
      ServerFrame.Builder frame = ServerFrame.newBuilder().setId(id);
      content.accept(frame);
      transport.write(frame);
    }
  }

  private void error(long id, RequestException refusal) {
    answer(
        id,
        to ->
            to.setError(
                Error.newBuilder()
                    .setCode(refusal.code().wire())
                    .setMessage(refusal.text())
                    .setRetry(refusal.code().retry())));
  }

  private boolean full() {
    return !transport.closing()
        && (waiting >= parts.configuration().waiting() || !transport.writable());
  }

  /** Reads on, unless too much of what was read is unanswered. */
  void readWhatIsAnswered() {
    if (!full()) {
      transport.connection().config().setAutoRead(true);
    }
  }

  void onWritabilityChanged() {
    if (!gone && transport.writable()) {
      session().onWritable();
    }
    readWhatIsAnswered();
  }

  /** The connection is gone, or is being closed. */
  void gone() {
    gone = true;
    cancelAuthDeadline();
    if (session != null) {
      session.onGone();
    }
  }

  private Connection session() {
    return Objects.requireNonNull(session, "asked before it began");
  }

  private long now() {
    return parts.clock().millis();
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
