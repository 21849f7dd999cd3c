package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tailwater.javaclient.loop.Backoff;
import io.tailwater.javaclient.loop.Loop;
import io.tailwater.javaclient.loop.Quality;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The link in use. Chooses the transport, and lets a new link open before the old one is closed; as
 * each event has a position, what both bring counts once. Confined to the client's loop.
 */
final class Links implements Link.Host {
  private static final List<Transport> LADDER =
      List.of(Transport.WEBSOCKET, Transport.SSE, Transport.LONG_POLL, Transport.SHORT_POLL);
  private static final Set<String> NOT_OF_THE_TRANSPORT =
      Set.of("unauthorized", "token_expired", "token_revoked", "attempts");
  private static final long PING_EVERY_MS = 30_000;
  private static final long PONG_MS = 3_000;
  private static final long TICK_MS = 5_000;
  private static final long SLEPT_MS = 15_000;

  /**
   * How a client connects.
   *
   * @param url of the platform
   * @param timeoutMs of requests
   */
  record Settings(
      URI url, HttpClient client, Transport transport, Backoff backoff, long timeoutMs) {}

  private final Loop loop;
  private final Settings settings;
  private final Feeds feeds;
  private final Http http;
  private final Credentials credentials;
  private final ClientListener listener;
  private final Quality quality;
  private final List<Runnable> onOpen = new ArrayList<>();
  private @Nullable Link current;
  private @Nullable Link next;
  private String why = "";
  private ClientListener.State state = ClientListener.State.CONNECTING;
  // Whether the program publishes or calls.
  private boolean frames;
  private boolean pings;
  private long pingedAt;
  private long tickedAt;
  private Loop.Timer ticker = () -> {};

  Links(
      Loop loop,
      Settings settings,
      Feeds feeds,
      Http http,
      Credentials credentials,
      ClientListener listener) {
    this.loop = loop;
    this.settings = settings;
    this.feeds = feeds;
    this.http = http;
    this.credentials = credentials;
    this.listener = listener;
    this.quality = new Quality(loop.now());
    this.pingedAt = loop.now() - PING_EVERY_MS;
    feeds.onChange(this::changed);
  }

  private void changed() {
    if (!feeds.isEmpty()) {
      connect();
    }
    if (current != null) {
      current.update();
    }
    if (next != null) {
      next.update();
    }
  }

  /** From now on this runs whenever a connection has opened, and when the client is closed. */
  void onOpen(Runnable told) {
    onOpen.add(told);
  }

  boolean isClosed() {
    return state == ClientListener.State.CLOSED;
  }

  boolean isOpen() {
    return current != null && current.isOpen();
  }

  /** Whether nothing but a WebSocket is to be used. */
  boolean needsSocket() {
    return settings.transport() == Transport.WEBSOCKET;
  }

  /** Publishes over the link in use; null if it cannot. */
  @Nullable CompletableFuture<JsonNode> publish(ObjectNode frame) {
    return current == null ? null : current.publish(frame);
  }

  /** Calls over the link in use; null if it cannot. */
  @Nullable CompletableFuture<JsonNode> call(ObjectNode frame, long limitMs) {
    return current == null ? null : current.call(frame, limitMs);
  }

  // ---- Choosing

  /** The program publishes or calls. */
  void wantFrames() {
    if (frames) {
      return;
    }
    frames = true;
    connect();
    if (isAuto() && current != null && current.kind() == Transport.SSE) {
      step(Transport.WEBSOCKET, "the program publishes or calls");
    }
  }

  private boolean isAuto() {
    return settings.transport() == Transport.AUTO;
  }

  private Transport best() {
    return frames ? Transport.WEBSOCKET : Transport.SSE;
  }

  private void connect() {
    if (current != null || isClosed()) {
      return;
    }
    current = link(isAuto() ? best() : settings.transport());
    adopted(isAuto() ? "the first" : "as asked");
    begin(current);
    tickedAt = loop.wallClock();
    tick();
  }

  private Link link(Transport kind) {
    return kind == Transport.WEBSOCKET
        ? new SocketLink(
            loop,
            this,
            settings.client(),
            settings.url(),
            credentials,
            settings.backoff(),
            settings.timeoutMs())
        : new StreamLink(
            loop, this, http, credentials, settings.backoff(), settings.timeoutMs(), kind);
  }

  private static void begin(Link link) {
    if (link instanceof SocketLink socket) {
      socket.start();
    } else {
      link.update();
    }
  }

  private void adopted(String reason) {
    quality.changed(loop.now());
    if (current != null) {
      listener.transport(current.kind(), reason);
    }
  }

  private void step(Transport kind, String reason) {
    why = reason;
    Link link = link(kind);
    Link old = current;
    if (old != null && old.isOpen()) {
      abandon();
      next = link;
    } else {
      current = link;
      if (old != null) {
        old.close();
      }
      adopted(reason);
    }
    begin(link);
  }

  /** Decides whether another transport would do better. */
  private void judge() {
    Link link = current;
    if (!isAuto() || link == null || next != null || isClosed()) {
      return;
    }
    long now = loop.now();
    int rung = LADDER.indexOf(link.kind());
    String bad = quality.bad(now).orElse("");
    if (!bad.isEmpty() && rung < LADDER.size() - 1) {
      step(LADDER.get(rung + 1), bad);
    } else if (rung > LADDER.indexOf(best()) && quality.good(now)) {
      step(LADDER.get(rung - 1), "the link is good");
    }
  }

  // ---- What links report

  @Override
  public Feeds feeds() {
    return feeds;
  }

  @Override
  public boolean isCurrent(Link link) {
    return link == current;
  }

  @Override
  public boolean isLive(Link link) {
    return link == current && state == ClientListener.State.LIVE;
  }

  @Override
  public void progress(Link link) {
    if (link == next && link.isReady()) {
      Link old = current;
      current = link;
      next = null;
      if (old != null) {
        old.close();
      }
      adopted(why);
      // Patterns are read by the link in use only.
      link.update();
    }
    if (link == current && link.isOpen()) {
      become(ClientListener.State.LIVE);
      link.tellLive();
      List.copyOf(onOpen).forEach(Runnable::run);
    }
  }

  @Override
  public void lost(Link link, Link.End end) {
    if (link == next) {
      if (!end.opened()) {
        abandon();
      }
      return;
    }
    if (link != current || isClosed()) {
      return;
    }
    become(end.opened() ? ClientListener.State.CONNECTING : ClientListener.State.OFFLINE);
    if (!end.opened() && isAuto()) {
      connectFailed(link);
    }
  }

  /** A link that was to replace another does not open. */
  private void abandon() {
    if (next != null) {
      next.close();
      next = null;
      quality.changed(loop.now());
    }
  }

  /** A ping shows whether the transport is at fault, or the whole way to the platform. */
  private void connectFailed(Link link) {
    http.ping(PONG_MS)
        .whenComplete(
            (ms, failure) -> {
              if (link != current) {
                return;
              }
              if (failure == null) {
                quality.failed(loop.now());
              } else {
                quality.forgive();
              }
              judge();
            });
  }

  @Override
  public void failed(Link link, TailwaterException error) {
    if (link == next) {
      abandon();
      return;
    }
    if (link != current) {
      return;
    }
    int rung = LADDER.indexOf(link.kind());
    boolean another = isAuto() && !NOT_OF_THE_TRANSPORT.contains(error.code());
    if (another && rung < LADDER.size() - 1) {
      step(LADDER.get(rung + 1), String.valueOf(error.getMessage()));
      return;
    }
    tell(error);
    close(error);
  }

  @Override
  public void tell(TailwaterException error) {
    listener.failed(error);
  }

  // ---- Time

  private void tick() {
    ticker =
        loop.schedule(
            TICK_MS,
            () -> {
              long now = loop.wallClock();
              // The machine has slept: what may have died silently is looked at.
              if (now - tickedAt > SLEPT_MS + TICK_MS && current != null) {
                current.probe();
              }
              tickedAt = now;
              ping();
              judge();
              tick();
            });
  }

  private void ping() {
    Link link = current;
    long now = loop.now();
    if (pings || link == null || !link.isOpen() || now - pingedAt < PING_EVERY_MS) {
      return;
    }
    if (!isAuto() && link.kind() != Transport.WEBSOCKET) {
      return;
    }
    pingedAt = now;
    pings = true;
    link.ping(PONG_MS)
        .whenComplete(
            (ms, failure) -> {
              pings = false;
              if (link != current) {
                return;
              }
              if (failure == null) {
                quality.pinged(now, ms);
              } else {
                quality.lost(now);
                link.probe();
              }
            });
  }

  // ---- Its end

  private void become(ClientListener.State newState) {
    if (state != newState && !isClosed()) {
      state = newState;
      listener.state(newState);
    }
  }

  /**
   * Closes all of it.
   *
   * @param failure null if the program wants it
   */
  void close(@Nullable TailwaterException failure) {
    if (isClosed()) {
      return;
    }
    become(ClientListener.State.CLOSED);
    ticker.cancel();
    feeds.close(failure);
    if (next != null) {
      next.close();
    }
    if (current != null) {
      current.close();
    }
    List.copyOf(onOpen).forEach(Runnable::run);
  }
}
