package io.tailwater.edge.frames;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.contract.ScopeText;
import io.tailwater.contract.v1.Resume;
import io.tailwater.contract.v1.Resumed;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.contract.v1.Subscribed;
import io.tailwater.contract.v1.Unsubscribe;
import io.tailwater.contract.v1.Unsubscribed;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.http.Subscribing;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.StartText;
import io.tailwater.edge.log.Subscription;
import io.tailwater.edge.log.TypesText;
import io.tailwater.edge.presence.PresenceWish;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Confined to the connection's event loop: what the client of a conversation reads. */
final class FramesSubscriptions implements Transport.Joins {
  private final Connection connection;
  private final FramesParts parts;
  private final Answers answers;
  private Map<Scope, Held> subscriptions = Map.of();

  FramesSubscriptions(Connection connection, FramesParts parts, Answers answers) {
    this.connection = connection;
    this.parts = parts;
    this.answers = answers;
  }

  /** A channel or pattern of this connection, from the request on. */
  private static final class Held {
    private final Scope scope;
    private final PresenceWish presence;
    private final CompletableFuture<List<Opened>> opening;

    /** The backend has subscribed it, so the client's own rights do not matter. */
    private final boolean byBackend;

    /** Null until it is open. */
    private @Nullable Subscription open;

    /** Why it was dropped before it was open. */
    private @Nullable RequestException dropped;

    Held(
        Scope scope,
        PresenceWish presence,
        CompletableFuture<List<Opened>> opening,
        boolean byBackend) {
      this.byBackend = byBackend;
      this.scope = scope;
      this.presence = presence;
      this.opening = opening;
    }
  }

  void subscribe(long id, Subscribe wish) {
    awaitOpen(id, want(wish));
  }

  private void awaitOpen(long id, Held held) {
    answers.await(
        held.opening,
        (opened, failure) -> {
          try {
            Subscription subscription = attach(held, opened, failure);
            answers.answer(
                id,
                to ->
                    to.setSubscribed(
                        Subscribed.newBuilder()
                            .setChannel(held.scope.toString())
                            .setPosition(subscription.position())));
            connection.start(subscription, Objects.requireNonNull(opened));
          } catch (RequestException e) {
            answers.error(id, e);
          }
        });
  }

  // --- what the backend wishes; its client is told by frames without an id ---

  @Override
  public void join(Channel channel, Start start) {
    if (subscriptions.containsKey(channel)) {
      return;
    }
    requireRoom(channel);
    Held held =
        new Held(
            channel,
            PresenceWish.NONE,
            parts.subscriptions().openForBackend(channel, start, connection.identity()),
            true);
    hold(held);
    awaitOpen(0, held);
  }

  @Override
  public boolean leave(Channel channel) {
    Held held = subscriptions.get(channel);
    if (held == null) {
      return false;
    }
    RequestException why =
        new RequestException(ErrorCode.FORBIDDEN, "the backend has ended this subscription");
    drop(held, why);
    unsubscribed(channel, why);
    return true;
  }

  // --- what the client wants ---

  /**
   * Begins to open what a client wants to read.
   *
   * @throws RequestException which says what is wrong and what is accepted
   */
  private Held want(Subscribe wish) {
    Scope scope = ScopeText.parse(wish.getChannel());
    Selection selection = new Selection(scope, TypesText.checked(wish.getTypesList()));
    Start start = StartText.parse(scope, wish.getAfter(), wish.getFrom());
    PresenceWish presence =
        PresenceWish.of(wish.getPresent(), wish.getInfo().toStringUtf8(), wish.getPresence());
    parts.subscriptions().requirePresence(scope, presence);
    requireRoom(scope);
    Held held =
        new Held(
            scope,
            presence,
            parts.subscriptions().open(selection, start, connection.identity()),
            false);
    hold(held);
    return held;
  }

  private void hold(Held held) {
    if (subscriptions.isEmpty()) {
      subscriptions = new HashMap<>(2);
    }
    subscriptions.put(held.scope, held);
  }

  private void requireRoom(Scope scope) {
    if (subscriptions.containsKey(scope)) {
      throw invalid("this connection is subscribed to " + scope + " already");
    }
    int most = parts.configuration().channels();
    if (subscriptions.size() >= most) {
      throw tooMany("a connection has at most " + most + " channels");
    }
    boolean full =
        scope instanceof ChannelPattern
            && subscriptions.keySet().stream().filter(ChannelPattern.class::isInstance).count()
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
      Held held, @Nullable List<Opened> opened, @Nullable Throwable failure) {
    RequestException dropped = held.dropped;
    if (opened == null) {
      subscriptions.remove(held.scope, held);
      throw dropped != null ? dropped : answers.refusal(Objects.requireNonNull(failure));
    }
    if (connection.closed() || dropped != null) {
      opened.forEach(Opened::abandon);
      throw dropped != null ? dropped : invalid("the connection has ended");
    }
    try {
      parts.subscriptions().attend(connection, held.scope, held.presence);
    } catch (RequestException e) {
      subscriptions.remove(held.scope, held);
      opened.forEach(Opened::abandon);
      throw e;
    }
    Subscription subscription = connection.add(opened);
    held.open = subscription;
    return subscription;
  }

  /** One answer for all, and then what follows of each. */
  void resume(long id, Resume wish) {
    List<Object> all = new ArrayList<>(wish.getSubscriptionsCount());
    List<CompletableFuture<?>> opening = new ArrayList<>();
    if (wish.getSubscriptionsCount() > parts.configuration().channels()) {
      throw tooMany("a connection has at most " + parts.configuration().channels() + " channels");
    }
    for (Subscribe one : wish.getSubscriptionsList()) {
      try {
        Held held = want(one);
        all.add(held);
        // Whatever becomes of it: each is answered by itself.
        opening.add(held.opening.handle((opened, failure) -> true));
      } catch (RequestException e) {
        all.add(e);
      }
    }
    answers.await(
        CompletableFuture.allOf(opening.toArray(CompletableFuture[]::new)),
        (done, failure) -> onAllOpened(id, wish, all));
  }

  private void onAllOpened(long id, Resume wish, List<Object> all) {
    Resumed.Builder resumed = Resumed.newBuilder();
    Map<Subscription, List<Opened>> attached = new HashMap<>();
    for (int i = 0; i < all.size(); i++) {
      Resumed.Subscription.Builder one =
          Resumed.Subscription.newBuilder().setChannel(wish.getSubscriptions(i).getChannel());
      try {
        if (all.get(i) instanceof RequestException refusal) {
          throw refusal;
        }
        Held held = (Held) all.get(i);
        Throwable failure =
            held.opening.isCompletedExceptionally() ? held.opening.exceptionNow() : null;
        List<Opened> opened = failure == null ? held.opening.join() : null;
        Subscription subscription = attach(held, opened, failure);
        attached.put(subscription, Objects.requireNonNull(opened));
        one.setPosition(subscription.position());
      } catch (RequestException e) {
        one.setCode(e.code().wire()).setMessage(e.text());
      }
      resumed.addSubscriptions(one);
    }
    answers.answer(id, to -> to.setResumed(resumed));
    attached.forEach(connection::start);
  }

  void unsubscribe(long id, Unsubscribe wish) {
    Scope scope = ScopeText.parse(wish.getChannel());
    Held held = subscriptions.get(scope);
    if (held != null) {
      drop(held, invalid("it was unsubscribed before it was open"));
    }
    // One that is not subscribed may have ended just now, which its client could not know.
    answers.answer(id, to -> to.setUnsubscribed(Unsubscribed.getDefaultInstance()));
  }

  private void drop(Held held, RequestException why) {
    subscriptions.remove(held.scope);
    if (held.open != null) {
      connection.remove(held.open);
    } else {
      held.dropped = why;
    }
  }

  /** Ends the subscriptions that the connection's new token does not allow. */
  void recheck(Identity identity) {
    for (Held held : List.copyOf(subscriptions.values())) {
      Scope scope = held.scope;
      if (!held.byBackend
          && !identity.maySubscribe(scope, parts.namespaces().get(scope.namespace()))) {
        RequestException refusal =
            new RequestException(
                ErrorCode.FORBIDDEN, "the connection's new token does not allow to read " + scope);
        drop(held, refusal);
        if (held.open != null) {
          unsubscribed(scope, refusal);
        }
      }
    }
  }

  /** Ends a subscription for an operator; the client may open it again. */
  void unsubscribedByOperator(Subscription subscription) {
    Scope scope = subscription.scope();
    Held held = subscriptions.get(scope);
    if (held != null) {
      RequestException why =
          new RequestException(ErrorCode.FORBIDDEN, "an operator has ended this subscription");
      drop(held, why);
      unsubscribed(scope, why);
    }
  }

  private void unsubscribed(Scope scope, RequestException why) {
    answers.answer(
        0,
        to ->
            to.setUnsubscribed(
                Unsubscribed.newBuilder().setChannel(scope.toString()).setCode(why.code().wire())));
  }

  /** A channel is closed and read to its end: the connection goes on without it. */
  void ended(Subscription subscription) {
    subscriptions.remove(subscription.scope());
    // Not at once: it is being written for.
    connection.loop().execute(() -> connection.remove(subscription));
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }

  private static RequestException tooMany(String message) {
    return new RequestException(ErrorCode.TOO_MANY_SUBSCRIPTIONS, message);
  }
}
