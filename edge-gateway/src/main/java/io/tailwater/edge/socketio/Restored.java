package io.tailwater.edge.socketio;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.PartitionPositions;
import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.contract.ScopeText;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.StartText;
import io.tailwater.edge.log.TypesText;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A room that a socket has again, opened where the client stands. Immutable.
 *
 * @param wish what was kept of it
 * @param byBackend whether the backend has joined the socket to it
 */
record Restored(Scope scope, Subscribe wish, boolean byBackend, List<Opened> opened) {
  /** Nobody will read it after all. */
  void abandon() {
    opened.forEach(Opened::abandon);
  }

  /**
   * Opens all rooms of a socket where its client stands. Any thread.
   *
   * @param kept the rooms; null if they are not known
   * @param offset the last argument of the last event that the client got; empty for none
   * @return null if they cannot be had again, all of them and with everything that was missed;
   *     fails with a {@link RequestException} if they may be later
   */
  static CompletableFuture<@Nullable List<Restored>> open(
      KeptRooms.@Nullable Rooms kept,
      String offset,
      Identity identity,
      Subscriptions subscriptions) {
    if (kept == null) {
      return CompletableFuture.completedFuture(null);
    }
    List<CompletableFuture<Restored>> opening = new ArrayList<>();
    CompletableFuture<Void> all;
    try {
      Positions positions = positions(offset);
      for (Subscribe wish : kept.own().getSubscriptionsList()) {
        Scope scope = ScopeText.parse(wish.getChannel());
        Selection selection = new Selection(scope, TypesText.checked(wish.getTypesList()));
        opening.add(
            subscriptions
                .open(selection, start(scope, wish, positions), identity)
                .thenApply(opened -> new Restored(scope, wish, false, opened)));
      }
      for (Subscribe wish : kept.joined().getSubscriptionsList()) {
        Channel channel = Channel.parse(wish.getChannel());
        opening.add(
            subscriptions
                .openForBackend(channel, start(channel, wish, positions), identity)
                .thenApply(opened -> new Restored(channel, wish, true, opened)));
      }
      all = CompletableFuture.allOf(opening.toArray(CompletableFuture[]::new));
    } catch (RequestException e) {
      all = CompletableFuture.failedFuture(e);
    }
    return all.handle((done, failure) -> failure).thenCompose(failure -> outcome(opening, failure));
  }

  private static CompletableFuture<@Nullable List<Restored>> outcome(
      List<CompletableFuture<Restored>> opening, @Nullable Throwable failure) {
    boolean whole =
        failure == null
            && opening.stream()
                .flatMap(one -> one.join().opened().stream())
                .allMatch(one -> one.missed() == null);
    if (whole) {
      return CompletableFuture.completedFuture(
          opening.stream().map(CompletableFuture::join).toList());
    }
    opening.forEach(one -> one.thenAccept(Restored::abandon));
    return failure == null || lasts(failure)
        ? CompletableFuture.completedFuture(null)
        : CompletableFuture.failedFuture(failure);
  }

  private static boolean lasts(Throwable failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    return cause instanceof RequestException refusal && !refusal.code().retry();
  }

  /** Null if the client has got no event yet. */
  private static @Nullable Positions positions(String offset) {
    String text =
        offset.startsWith(SocketText.OFFSET)
            ? offset.substring(SocketText.OFFSET.length())
            : offset;
    return text.isEmpty() ? null : Positions.parse(text);
  }

  private static Start start(Scope scope, Subscribe wish, @Nullable Positions positions) {
    String after = wish.getAfter();
    if (positions != null) {
      after =
          switch (scope) {
            case Channel channel -> later(positions.get(channel), after);
            case ChannelPattern pattern -> {
              PartitionPositions position = positions.get(pattern);
              yield position == null ? after : position.toString();
            }
          };
    }
    return StartText.parse(scope, after, wish.getFrom());
  }

  /**
   * A client may have an offset of a room that it has left and joined again since, further on: then
   * where it has joined counts.
   */
  private static String later(@Nullable Position got, String began) {
    if (got == null) {
      return began;
    }
    Position first = began.isEmpty() ? null : Position.parse(began);
    boolean joinedLater =
        first != null && first.epoch().equals(got.epoch()) && first.offset() > got.offset();
    return joinedLater ? began : got.toString();
  }
}
