package io.tailwater.system.clients;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.Auth;
import io.tailwater.contract.v1.ChannelEvent;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.Disconnect;
import io.tailwater.contract.v1.Events;
import io.tailwater.contract.v1.Ping;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.contract.v1.Subscribed;
import io.tailwater.contract.v1.Unsubscribe;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads over a WebSocket: one subscription for each channel, each with its own position. Now and
 * then it gives a channel up and takes it again at its position; whether it asks for compression
 * and how it shows its token changes from connection to connection.
 */
final class WsWire implements Wire {
  private static final int LEAVE_ONE_IN = 4;
  private static final Set<Integer> LASTING = Set.of(4400, 4401, 4403);

  private final WsFormat format;

  WsWire(WsFormat format) {
    this.format = format;
  }

  @Override
  public void read(Turn turn) throws IOException {
    String token = turn.wanted().token();
    boolean inFrame = token != null && turn.random().nextBoolean();
    WsConnection connection =
        WsConnection.open(
            turn,
            format.subprotocol(),
            turn.random().nextBoolean(),
            inFrame ? Map.of("Authorization", "") : Map.of());
    if (connection != null) {
      new Conversation(turn, connection).hold(inFrame && token != null ? token : "");
    }
  }

  /** One connection. */
  private final class Conversation {
    private final Turn turn;
    private final WsConnection connection;
    private final Map<Long, ClientFrame> asked = new HashMap<>();
    private final Set<Scope> subscribed = new HashSet<>();
    private boolean welcomed;
    private boolean disconnected;
    private long lastId;

    Conversation(Turn turn, WsConnection connection) {
      this.turn = turn;
      this.connection = connection;
    }

    /**
     * @param token to show in a frame, empty for none
     */
    void hold(String token) throws IOException {
      if (!token.isEmpty()) {
        ask(ClientFrame.newBuilder().setAuth(Auth.newBuilder().setToken(token)));
      }
      for (Scope scope : turn.wanted().scopes()) {
        subscribe(scope);
      }
      ask(ClientFrame.newBuilder().setPing(Ping.getDefaultInstance()));
      while (turn.goesOn()) {
        WsConnection.Message message = connection.next();
        if (message == null) {
          onClosed(Objects.requireNonNull(connection.closed()));
          return;
        }
        ServerFrame frame = format.decode(message);
        check(frame);
        on(frame, System.nanoTime());
      }
    }

    private void ask(ClientFrame.Builder frame) throws IOException {
      ClientFrame numbered = frame.setId(++lastId).build();
      asked.put(lastId, numbered);
      connection.send(format.encode(numbered));
    }

    private void subscribe(Scope scope) throws IOException {
      ask(
          ClientFrame.newBuilder()
              .setSubscribe(
                  Subscribe.newBuilder()
                      .setChannel(scope.toString())
                      .setAfter(Objects.requireNonNullElse(turn.held().one(scope), ""))
                      .setFrom(turn.wanted().from())));
    }

    private void check(ServerFrame frame) {
      if (disconnected) {
        turn.violation("a frame after disconnect: " + frame);
      }
      boolean refused = frame.hasDisconnect() && !welcomed;
      if (frame.hasWelcome() == welcomed && !refused) {
        turn.violation("welcome is the first frame, once: " + frame);
      }
      switch (frame.getFrameCase()) {
        case AUTHED, SUBSCRIBED, UNSUBSCRIBED, PONG, PUBLISHED, RESULT -> {
          if (!asked.containsKey(frame.getId())) {
            turn.violation("an answer to nothing: " + frame);
          }
        }
        case ERROR -> {
          if (frame.getId() != 0 && !asked.containsKey(frame.getId())) {
            turn.violation("an error about nothing: " + frame);
          }
        }
        case WELCOME, EVENTS, LIVE, RESET, END, EXPIRING, DISCONNECT -> {
          if (frame.getId() != 0) {
            turn.violation("the server's own word with an id: " + frame);
          }
        }
        case FRAME_NOT_SET -> turn.violation("a frame that nobody knows: " + frame);
      }
    }

    private void on(ServerFrame frame, long nanos) throws IOException {
      ClientFrame asking = asked.remove(frame.getId());
      switch (frame.getFrameCase()) {
        case WELCOME -> {
          welcomed = true;
          turn.accepted();
        }
        case SUBSCRIBED -> onSubscribed(frame.getSubscribed(), asking);
        case UNSUBSCRIBED -> onUnsubscribed(asking);
        case EVENTS -> onEvents(frame.getEvents(), nanos);
        case LIVE ->
            onLive(Turn.scope(frame.getLive().getChannel()), frame.getLive().getPosition());
        case RESET -> {
          Scope scope = here(frame.getReset().getChannel(), frame);
          turn.reset(scope, frame.getReset().getReason(), frame.getReset().getEarliest());
          turn.held().one(scope, frame.getReset().getPosition());
        }
        case END -> {
          here(frame.getEnd().getChannel(), frame);
          onEnd(Turn.channel(frame.getEnd().getChannel()));
        }
        case ERROR -> {
          if (frame.getError().getRetry()) {
            throw new IOException("come back: " + frame.getError());
          }
          turn.giveUp(frame + " to " + asking);
        }
        case DISCONNECT -> onDisconnect(frame.getDisconnect());
        case AUTHED, PONG -> {
          if (asking != null && frame.hasAuthed() != asking.hasAuth()) {
            turn.violation(frame + " answers " + asking);
          }
        }
        case PUBLISHED, RESULT -> turn.violation("nobody asked for " + frame);
        case EXPIRING, FRAME_NOT_SET -> {
          // Nothing to keep: a reader with another token comes back by itself.
        }
      }
    }

    private void onSubscribed(Subscribed answer, @Nullable ClientFrame asking) {
      Scope scope = Turn.scope(answer.getChannel());
      if (asking == null
          || !asking.hasSubscribe()
          || !asking.getSubscribe().getChannel().equals(answer.getChannel())) {
        turn.violation(answer + " answers " + asking);
        return;
      }
      subscribed.add(scope);
      turn.opened(scope, answer.getPosition());
      turn.held().one(scope, answer.getPosition());
    }

    private void onUnsubscribed(@Nullable ClientFrame asking) throws IOException {
      if (asking == null || !asking.hasUnsubscribe()) {
        turn.violation("unsubscribed answers " + asking);
        return;
      }
      Scope scope = Turn.scope(asking.getUnsubscribe().getChannel());
      subscribed.remove(scope);
      if (!(scope instanceof Channel channel) || !turn.seen().hasEnded(channel)) {
        subscribe(scope);
      }
    }

    private void onEvents(Events frame, long nanos) {
      List<ChannelEvent> events = frame.getEventsList();
      boolean ofPattern = !frame.getPattern().isEmpty();
      if (!ofPattern && events.stream().map(ChannelEvent::getChannel).distinct().count() != 1) {
        turn.violation("a frame has events of one channel, not " + events);
      }
      for (ChannelEvent event : events) {
        Scope scope = here(ofPattern ? frame.getPattern() : event.getChannel(), event);
        if (!Turn.covers(scope, Turn.channel(event.getChannel()))) {
          turn.violation("an event that its pattern does not cover: " + event);
        } else if (turn.event(event, nanos) && !ofPattern) {
          turn.held().one(scope, event.getId());
        }
      }
      if (ofPattern) {
        Scope pattern = Turn.scope(frame.getPattern());
        turn.held().one(pattern, frame.getPosition());
        checkPositions("events", pattern, frame.getPosition());
      }
    }

    private void onLive(Scope scope, String position) throws IOException {
      here(scope.toString(), "live");
      checkPositions("live", scope, position);
      turn.held().one(scope, position);
      turn.live(scope);
      if (turn.random().nextInt(LEAVE_ONE_IN) == 0) {
        ask(
            ClientFrame.newBuilder()
                .setUnsubscribe(Unsubscribe.newBuilder().setChannel(scope.toString())));
      }
    }

    private void checkPositions(String what, Scope scope, String position) {
      turn.channels(scope)
          .forEach(channel -> turn.checkPosition(what, channel, Held.of(position, channel, scope)));
    }

    private void onEnd(Channel channel) {
      subscribed.remove(channel);
      turn.seen().ended(channel);
      if (turn.wanted().channels().stream().allMatch(turn.seen()::hasEnded)) {
        turn.finish();
      }
    }

    private void onDisconnect(Disconnect said) {
      disconnected = true;
      turn.retryAfter(said.getRetryMs() > 0 ? said.getRetryMs() : 1_000);
      if (LASTING.contains(said.getCode())) {
        turn.giveUp("disconnect " + said.getCode() + " " + said.getReason());
      }
    }

    private void onClosed(WsConnection.Closed closed) {
      if (!disconnected && closed.code() >= 4000) {
        turn.violation("closed without a word before: " + closed);
      }
      if (LASTING.contains(closed.code())) {
        turn.giveUp(closed.toString());
      }
    }

    /** The channel or pattern that a frame speaks of, which has to be subscribed. */
    private Scope here(String text, Object frame) {
      Scope scope = Turn.scope(text);
      if (!subscribed.contains(scope)) {
        turn.violation("of a channel that is not subscribed: " + frame);
      }
      return scope;
    }
  }
}
