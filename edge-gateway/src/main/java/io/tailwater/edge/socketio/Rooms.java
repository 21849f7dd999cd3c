package io.tailwater.edge.socketio;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.contract.ScopeText;
import io.tailwater.contract.v1.Resume;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.contract.v1.Subscribed;
import io.tailwater.contract.v1.Unsubscribe;
import io.tailwater.contract.v1.Unsubscribed;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.MessageJson;
import io.tailwater.edge.http.Subscribing;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.StartText;
import io.tailwater.edge.log.Subscription;
import io.tailwater.edge.log.TypesText;
import io.tailwater.edge.presence.PresenceWish;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Confined to the connection's event loop: the rooms of a socket, which are channels. */
final class Rooms implements SocketTransport.Owner {
  private static final String STATE = "state";

  private final Connection connection;
  private final SocketTransport transport;
  private final SocketIoParts parts;
  private final Waits waits;
  private final Runnable onLeft;
  private final Keeping keeping;
  private Map<Scope, Room> rooms = Map.of();

  /**
   * @param onLeft called when the socket has left its namespace for good
   * @param keeping keeps the rooms as they are now
   */
  Rooms(
      Connection connection,
      SocketTransport transport,
      SocketIoParts parts,
      Waits waits,
      Runnable onLeft,
      Keeping keeping) {
    this.connection = connection;
    this.transport = transport;
    this.parts = parts;
    this.waits = waits;
    this.onLeft = onLeft;
    this.keeping = keeping;
  }

  /** What a socket waits for. Confined to its event loop. */
  interface Waits {
    /** What is done with an outcome: one of the two is null. */
    @FunctionalInterface
    interface Outcome<T> {
      void with(@Nullable T result, @Nullable Throwable failure);
    }

    /** Goes on with the outcome on the event loop, and sends what was written then. */
    <T> void await(CompletableFuture<T> coming, Outcome<T> outcome);

    /** What a failure is to the client. */
    RequestException refusal(Throwable failure);
  }

  /** How rooms are kept for the next connection of a client. */
  interface Keeping {
    /** Keeps the rooms as they are now; whether they are kept. Never fails. */
    CompletableFuture<Boolean> keep();
  }

  /** A channel or pattern of this socket, from the request on. */
  private static final class Room {
    private final Scope scope;
    private final Subscribe wish;
    private final CompletableFuture<List<Opened>> opening;
    private final boolean byBackend;

    /** Null until it is open. */
    private @Nullable Subscription open;

    /** Where it began; empty until it is open, and with a snapshot. */
    private String began = "";

    /** Why it was dropped before it was open. */
    private @Nullable RequestException dropped;

    Room(Scope scope, Subscribe wish, CompletableFuture<List<Opened>> opening, boolean byBackend) {
      this.scope = scope;
      this.wish = wish;
      this.opening = opening;
      this.byBackend = byBackend;
    }
  }

  // --- what the client wants ---

  /**
   * Subscribes.
   *
   * @throws RequestException which says what is wrong and what is accepted
   */
  void subscribe(Subscribe wish, Reply reply) {
    Scope scope = ScopeText.parse(wish.getChannel());
    Selection selection = new Selection(scope, TypesText.checked(wish.getTypesList()));
    Start start = StartText.parse(scope, wish.getAfter(), wish.getFrom());
    parts.subscriptions().requirePresence(scope, presence(wish));
    requireRoom(scope);
    Room room =
        hold(
            new Room(
                scope,
                wish,
                parts.subscriptions().open(selection, start, connection.identity()),
                false));
    waits.await(
        room.opening,
        (opened, failure) -> {
          try {
            Subscription subscription = attach(room, opened, failure);
            begin(
                room,
                Objects.requireNonNull(opened),
                () ->
                    reply.done(
                        Subscribed.newBuilder()
                            .setChannel(scope.toString())
                            .setPosition(subscription.position())
                            .build()),
                reply::refuse);
          } catch (RequestException e) {
            reply.refuse(e);
          }
        });
  }

  private static PresenceWish presence(Subscribe wish) {
    return PresenceWish.of(wish.getPresent(), wish.getInfo().toStringUtf8(), wish.getPresence());
  }

  /**
   * Delivers to a room once it is kept: else a client that was told of it could come back without
   * it.
   */
  private void begin(
      Room room, List<Opened> opened, Runnable told, Consumer<RequestException> refused) {
    waits.await(
        keeping.keep(),
        (kept, none) -> {
          Subscription subscription = Objects.requireNonNull(room.open);
          if (connection.closed() || rooms.get(room.scope) != room) {
            opened.forEach(Opened::abandon);
            refused.accept(invalid("it was unsubscribed before it began"));
          } else {
            told.run();
            connection.start(subscription, opened);
          }
        });
  }

  /** Unsubscribes; one that is not subscribed may have ended just now. */
  void unsubscribe(Unsubscribe wish, Reply reply) {
    Room room = rooms.get(ScopeText.parse(wish.getChannel()));
    if (room != null) {
      drop(room, invalid("it was unsubscribed before it was open"));
    }
    reply.done(Unsubscribed.getDefaultInstance());
  }

  // --- what the backend wants ---

  @Override
  public void join(Channel channel, Start start) {
    if (rooms.containsKey(channel)) {
      return;
    }
    requireRoom(channel);
    Room room =
        hold(
            new Room(
                channel,
                Subscribe.newBuilder().setChannel(channel.toString()).build(),
                parts.subscriptions().openForBackend(channel, start, connection.identity()),
                true));
    waits.await(
        room.opening,
        (opened, failure) -> {
          try {
            attach(room, opened, failure);
            begin(room, Objects.requireNonNull(opened), () -> {}, refusal -> {});
          } catch (RequestException e) {
            unsubscribed(channel, e);
          }
        });
  }

  @Override
  public boolean leave(Channel channel) {
    Room room = rooms.get(channel);
    if (room == null) {
      return false;
    }
    drop(
        room, new RequestException(ErrorCode.FORBIDDEN, "the backend has ended this subscription"));
    return true;
  }

  // --- what they have in common ---

  private Room hold(Room room) {
    if (rooms.isEmpty()) {
      rooms = new HashMap<>(2);
    }
    rooms.put(room.scope, room);
    return room;
  }

  private void requireRoom(Scope scope) {
    if (rooms.containsKey(scope)) {
      throw invalid("this socket is subscribed to " + scope + " already");
    }
    int most = parts.configuration().channels();
    if (rooms.size() >= most) {
      throw tooMany("a socket has at most " + most + " rooms");
    }
    boolean full =
        scope instanceof ChannelPattern
            && rooms.keySet().stream().filter(ChannelPattern.class::isInstance).count()
                >= Subscribing.MAX_PATTERNS;
    if (full) {
      throw tooMany("a connection has at most " + Subscribing.MAX_PATTERNS + " patterns");
    }
  }

  /**
   * Subscribes to what was opened; nothing is delivered before it is started.
   *
   * @throws RequestException why there is no subscription
   */
  private Subscription attach(
      Room room, @Nullable List<Opened> opened, @Nullable Throwable failure) {
    RequestException dropped = room.dropped;
    if (opened == null) {
      rooms.remove(room.scope, room);
      throw dropped != null ? dropped : waits.refusal(Objects.requireNonNull(failure));
    }
    if (connection.closed() || dropped != null) {
      opened.forEach(Opened::abandon);
      throw dropped != null ? dropped : invalid("the connection has ended");
    }
    try {
      parts.subscriptions().attend(connection, room.scope, presence(room.wish));
    } catch (RequestException e) {
      rooms.remove(room.scope, room);
      opened.forEach(Opened::abandon);
      throw e;
    }
    Subscription subscription = connection.add(opened);
    room.open = subscription;
    room.began = subscription.position();
    return subscription;
  }

  // --- what is kept of them, and had again ---

  /** The rooms that are open, each with where it began. */
  KeptRooms.Rooms kept() {
    Resume.Builder own = Resume.newBuilder();
    Resume.Builder joined = Resume.newBuilder();
    for (Room room : rooms.values()) {
      if (room.open != null) {
        (room.byBackend ? joined : own).addSubscriptions(kept(room));
      }
    }
    return new KeptRooms.Rooms(own.build(), joined.build());
  }

  private static Subscribe kept(Room room) {
    Subscribe.Builder kept = room.wish.toBuilder().setAfter(room.began);
    return room.wish.getFrom().equals(STATE) ? kept.build() : kept.clearFrom().build();
  }

  /** Has rooms again that were opened for this socket; they begin with {@link #start}. */
  void restore(List<Restored> all) {
    for (Restored one : all) {
      Room room =
          hold(
              new Room(
                  one.scope(),
                  one.wish(),
                  CompletableFuture.completedFuture(one.opened()),
                  one.byBackend()));
      try {
        attach(room, one.opened(), null);
      } catch (RequestException e) {
        // No room for another member: the client is told, as if an operator had done it.
        unsubscribed(one.scope(), e);
      }
    }
  }

  /** Lets restored rooms deliver. */
  void start(List<Restored> all) {
    for (Restored one : all) {
      Room room = rooms.get(one.scope());
      if (room != null && room.open != null) {
        connection.start(room.open, one.opened());
      }
    }
  }

  private void drop(Room room, RequestException why) {
    rooms.remove(room.scope);
    keeping.keep();
    if (room.open != null) {
      connection.remove(room.open);
    } else {
      room.dropped = why;
    }
  }

  private void unsubscribed(Scope scope, RequestException why) {
    transport.emit(
        "tw.unsubscribed",
        MessageJson.text(
            Unsubscribed.newBuilder()
                .setChannel(scope.toString())
                .setCode(why.code().wire())
                .build()));
  }

  // --- what happens to them ---

  @Override
  public boolean subscribed(Subscription subscription) {
    Room room = rooms.get(subscription.scope());
    return room == null || !room.byBackend;
  }

  @Override
  public void ended(Subscription subscription) {
    rooms.remove(subscription.scope());
    keeping.keep();
    // Not at once: it is being written for.
    connection.loop().execute(() -> connection.remove(subscription));
  }

  @Override
  public void unsubscribe(Subscription subscription) {
    Room room = rooms.get(subscription.scope());
    if (room != null) {
      RequestException why =
          new RequestException(ErrorCode.FORBIDDEN, "an operator has ended this subscription");
      drop(room, why);
      unsubscribed(subscription.scope(), why);
    }
  }

  @Override
  public void left() {
    onLeft.run();
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }

  private static RequestException tooMany(String message) {
    return new RequestException(ErrorCode.TOO_MANY_SUBSCRIPTIONS, message);
  }
}
