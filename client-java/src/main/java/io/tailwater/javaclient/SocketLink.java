package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tailwater.javaclient.loop.Backoff;
import io.tailwater.javaclient.loop.Loop;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A WebSocket for everything. Confined to the client's loop. */
final class SocketLink implements Link {
  private static final String PROTOCOL = "tailwater.v1.json";
  private static final int MAX_WAITING = 2_000;
  private static final int MAX_MESSAGE = 16 * 1024 * 1024;
  private static final int USUAL_FRAME = 65_536;
  // What stands around the content of a frame.
  private static final int FRAME_ROOM = 32;
  private static final int NORMAL = 1000;
  private static final int ABNORMAL = 1006;
  private static final int UNREADABLE = 4400;
  private static final int EXPIRED = 4401;
  private static final int FORBIDDEN = 4403;
  private static final long SUBSCRIBE_AGAIN_MS = 1_000;
  private static final long CLOSE_MS = 1_000;
  // Of requests that only the end of the connection makes void.
  private static final long NO_LIMIT = 0;

  private final Loop loop;
  private final Link.Host host;
  private final HttpClient client;
  private final URI url;
  private final Credentials credentials;
  private final long timeoutMs;
  private final Reconnects reconnects;
  private @Nullable Connection connection;
  private boolean closed;

  /**
   * @param url of the platform, http or https
   */
  SocketLink(
      Loop loop,
      Link.Host host,
      HttpClient client,
      URI url,
      Credentials credentials,
      Backoff backoff,
      long timeoutMs) {
    this.loop = loop;
    this.host = host;
    this.client = client;
    this.url = URI.create(url.resolve("/v1/ws").toString().replaceFirst("^http", "ws"));
    this.credentials = credentials;
    this.timeoutMs = timeoutMs;
    this.reconnects = new Reconnects(loop, backoff, host, this, this::connect);
  }

  void start() {
    reconnects.start();
  }

  @Override
  public Transport kind() {
    return Transport.WEBSOCKET;
  }

  @Override
  public boolean isOpen() {
    return connection != null && connection.open;
  }

  @Override
  public boolean isReady() {
    Connection current = connection;
    return current != null && current.open && host.feeds().all().stream().allMatch(current::stands);
  }

  @Override
  public void update() {
    if (connection != null) {
      connection.update();
    }
  }

  @Override
  public void tellLive() {
    if (connection != null) {
      connection.tellLive();
    }
  }

  @Override
  public @Nullable CompletableFuture<JsonNode> publish(ObjectNode frame) {
    return ask("publish", frame, timeoutMs, "published");
  }

  @Override
  public @Nullable CompletableFuture<JsonNode> call(ObjectNode frame, long limitMs) {
    return ask("call", frame, limitMs, "result");
  }

  private @Nullable CompletableFuture<JsonNode> ask(
      String what, ObjectNode content, long limitMs, String answer) {
    Connection current = connection;
    if (current == null || !current.open || !current.fits(content)) {
      return null;
    }
    return current.ask(what, content, limitMs).thenApply(frame -> frame.path(answer));
  }

  @Override
  public CompletableFuture<Long> ping(long limitMs) {
    Connection current = connection;
    if (current == null || !current.open) {
      return CompletableFuture.failedFuture(TailwaterException.unavailable("not connected"));
    }
    long began = loop.now();
    return current.ask("ping", Json.object(), limitMs).thenApply(pong -> loop.now() - began);
  }

  @Override
  public void probe() {
    reconnects.hurry();
    Connection current = connection;
    if (current == null || !current.open) {
      return;
    }
    long asked = loop.now();
    ping(2 * timeoutMs)
        .whenComplete(
            (ms, failure) -> {
              if (failure != null && current.heardAt < asked) {
                current.drop();
              }
            });
  }

  @Override
  public void close() {
    closed = true;
    reconnects.stop();
    Connection current = connection;
    if (current != null) {
      connection = null;
      current.close();
    }
  }

  private CompletableFuture<End> connect(Runnable opened) {
    return credentials
        .current()
        .thenCompose(
            token -> {
              Connection current = new Connection(token, opened);
              if (!closed) {
                connection = current;
                current.begin();
              }
              return current.end;
            });
  }

  /** What was last asked of the server for a feed. */
  private static final class Subscribed {
    private final Feed feed;
    private final int version;
    private boolean open;
    private boolean reached;

    Subscribed(Feed feed) {
      this.feed = feed;
      this.version = feed.version();
    }
  }

  private record Waiting(CompletableFuture<JsonNode> answer, Loop.Timer late) {}

  /** One WebSocket. Its listener's methods are called by the HTTP client, and enqueue. */
  private final class Connection implements WebSocket.Listener {
    private final CompletableFuture<End> end = new CompletableFuture<>();
    private final Map<String, Subscribed> channels = new HashMap<>();
    private final Map<Long, Waiting> waiting = new HashMap<>();
    private final Runnable opened;
    private final String token;
    // Confined to the HTTP client, which calls one method at a time.
    private final StringBuilder message = new StringBuilder();
    private final CompletableFuture<WebSocket> connected = new CompletableFuture<>();
    private CompletableFuture<WebSocket> sending = connected;
    private @Nullable CompletableFuture<WebSocket> handshake;
    private @Nullable WebSocket socket;
    private Loop.Timer late = () -> {};
    private boolean open;
    private long lastId;
    private int maxFrame = USUAL_FRAME;
    private long heardAt;
    private JsonNode farewell = Json.object();
    private @Nullable TailwaterException refusal;

    Connection(String token, Runnable opened) {
      this.token = token;
      this.opened = opened;
    }

    // ---- Its life

    void begin() {
      late = loop.schedule(2 * timeoutMs, this::drop);
      CompletableFuture<WebSocket> building =
          client
              .newWebSocketBuilder()
              .subprotocols(PROTOCOL)
              .connectTimeout(Duration.ofMillis(2 * timeoutMs))
              .buildAsync(url, this);
      handshake = building;
      building.whenCompleteAsync(
          (built, failure) -> {
            if (failure != null) {
              ended(ABNORMAL, String.valueOf(TailwaterException.from(failure).getMessage()));
            } else if (end.isDone()) {
              built.abort();
            } else {
              socket = built;
              connected.complete(built);
            }
          },
          loop);
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      message.append(part);
      if (message.length() > MAX_MESSAGE) {
        loop.execute(this::drop);
      } else if (last) {
        String text = message.toString();
        message.setLength(0);
        loop.execute(() -> heard(from, text));
      } else {
        from.request(1);
      }
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<?> onPing(WebSocket from, ByteBuffer content) {
      loop.execute(() -> heardAt = loop.now());
      from.request(1);
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      loop.execute(() -> ended(code, reason));
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
      loop.execute(() -> ended(ABNORMAL, String.valueOf(failure.getMessage())));
    }

    private void heard(WebSocket from, String text) {
      if (end.isDone()) {
        return;
      }
      heardAt = loop.now();
      try {
        heard(Json.parse(text));
      } catch (TailwaterException e) {
        refusal = e;
        drop();
        return;
      }
      // Only now: until this message is handled, later ones wait in the network.
      from.request(1);
    }

    private void open() {
      late.cancel();
      open = true;
      opened.run();
      update();
      host.progress(SocketLink.this);
    }

    /** Ends it at once, without waiting for the other side. */
    void drop() {
      abort();
      ended(ABNORMAL, "");
    }

    private void abort() {
      if (socket != null) {
        socket.abort();
      } else if (handshake != null) {
        handshake.cancel(true);
      }
    }

    /** Ends it in order; nobody is told. */
    void close() {
      late.cancel();
      open = false;
      WebSocket current = socket;
      if (current == null) {
        abort();
      } else {
        current
            .sendClose(NORMAL, "")
            .orTimeout(CLOSE_MS, TimeUnit.MILLISECONDS)
            .whenComplete((sent, failure) -> current.abort());
      }
      failAll();
      end.complete(End.of(true, TailwaterException.unavailable("the connection was closed")));
    }

    private void failAll() {
      List<Waiting> all = List.copyOf(waiting.values());
      waiting.clear();
      for (Waiting one : all) {
        one.late.cancel();
        one.answer.completeExceptionally(TailwaterException.unavailable("the connection was lost"));
      }
    }

    private void ended(int code, String reason) {
      if (end.isDone()) {
        return;
      }
      late.cancel();
      boolean wasOpen = open;
      open = false;
      if (connection == this) {
        connection = null;
      }
      failAll();
      if (host.isCurrent(SocketLink.this)) {
        channels.values().forEach(asked -> asked.feed.lost());
      }
      TailwaterException refused = refusal;
      boolean expired =
          code == EXPIRED || (refused != null && refused.code().equals("token_expired"));
      if (expired
          && credentials.isReplaceable()
          && (refused == null || !refused.code().equals("unauthorized"))) {
        credentials
            .renew(Tokens.Reason.EXPIRED)
            .whenComplete(
                (renewed, failure) ->
                    end.complete(
                        failure == null
                            ? End.restart()
                            : End.of(wasOpen, TailwaterException.from(failure))));
        return;
      }
      TailwaterException error = refused == null ? error(code, reason) : refused;
      boolean lasting =
          expired
              || (refused != null && !refused.retry())
              || code == UNREADABLE
              || code == FORBIDDEN;
      end.complete(new End(wasOpen, error, false, lasting, farewell.path("retry_ms").asLong()));
    }

    private TailwaterException error(int code, String reason) {
      String said = farewell.path("reason").asText();
      String why = said.isEmpty() ? reason : said;
      String message = why.isEmpty() ? "the WebSocket was closed (" + code + ")" : why;
      return code == EXPIRED
          ? TailwaterException.passing("unauthorized", message)
          : TailwaterException.unavailable(message);
    }

    // ---- Frames

    boolean fits(ObjectNode content) {
      String text = content.toString();
      int room = maxFrame - FRAME_ROOM;
      return text.length() * 3 <= room || text.getBytes(StandardCharsets.UTF_8).length <= room;
    }

    CompletableFuture<JsonNode> ask(String what, ObjectNode content, long limitMs) {
      if (waiting.size() >= MAX_WAITING) {
        return CompletableFuture.failedFuture(
            TailwaterException.passing(
                "rate_limited", MAX_WAITING + " requests wait for answers already"));
      }
      long id = ++lastId;
      CompletableFuture<JsonNode> answer = new CompletableFuture<>();
      waiting.put(
          id,
          new Waiting(
              answer,
              limitMs == NO_LIMIT ? () -> {} : loop.schedule(limitMs, () -> tooLate(id, limitMs))));
      send(Json.object().put("id", id).<ObjectNode>set(what, content).toString());
      return answer;
    }

    private void tooLate(long id, long limitMs) {
      Waiting asked = waiting.remove(id);
      if (asked != null) {
        asked.answer.completeExceptionally(
            TailwaterException.passing("timeout", "no answer in " + limitMs + " ms"));
      }
    }

    /** One message after the other, as the HTTP client demands it. */
    private void send(String text) {
      sending = sending.thenCompose(to -> to.sendText(text, true));
      sending.whenComplete(
          (sent, failure) -> {
            if (failure != null) {
              loop.execute(this::drop);
            }
          });
    }

    private void heard(JsonNode frame) {
      if (frame.has("welcome")) {
        welcome(frame.get("welcome"));
      } else if (frame.has("disconnect")) {
        farewell = frame.get("disconnect");
      } else if (frame.has("id")) {
        answered(frame);
      } else {
        told(frame);
      }
    }

    private void welcome(JsonNode welcome) {
      maxFrame = welcome.path("limits").path("frame").asInt(USUAL_FRAME);
      if (token.isEmpty()) {
        open();
        return;
      }
      authenticate(token)
          .whenComplete(
              (authed, failure) -> {
                if (end.isDone()) {
                  return;
                }
                if (failure == null) {
                  open();
                } else {
                  refusal = TailwaterException.from(failure);
                  drop();
                }
              });
    }

    private CompletableFuture<JsonNode> authenticate(String with) {
      return ask("auth", Json.object().put("token", with), timeoutMs);
    }

    private void answered(JsonNode frame) {
      Waiting asked = waiting.remove(frame.path("id").asLong());
      if (asked == null) {
        return;
      }
      asked.late.cancel();
      if (frame.has("error")) {
        asked.answer.completeExceptionally(TailwaterException.of(frame.get("error"), 0));
      } else {
        asked.answer.complete(frame);
      }
    }

    private void told(JsonNode frame) {
      if (frame.has("events")) {
        events(frame);
      } else if (frame.has("live")) {
        live(frame.get("live"));
      } else if (frame.has("reset")) {
        reset(frame.get("reset"));
      } else if (frame.has("end")) {
        Subscribed asked = gone(frame.get("end"));
        if (asked != null) {
          asked.feed.ended(asked.version);
        }
      } else if (frame.has("unsubscribed")) {
        unsubscribed(frame.get("unsubscribed"));
      } else if (frame.has("expiring")) {
        renew();
      }
    }

    private void events(JsonNode frame) {
      JsonNode events = frame.get("events");
      if (frame.has("pattern")) {
        List<Event> all = new ArrayList<>();
        events.forEach(event -> all.add(new Event(event)));
        take(frame.get("pattern").asText(), all, frame.path("position").asText());
        return;
      }
      for (JsonNode event : events) {
        take(event.path("channel").asText(), List.of(new Event(event)), null);
      }
    }

    private void take(String channel, List<Event> events, @Nullable String position) {
      Subscribed asked = open(channel);
      // An ephemeral event has no position: of two links, one counts.
      if (asked != null && (events.get(0).id() != null || host.isCurrent(SocketLink.this))) {
        asked.feed.take(asked.version, events, position);
      }
    }

    private @Nullable Subscribed open(String channel) {
      Subscribed asked = channels.get(channel);
      return asked != null && asked.open ? asked : null;
    }

    private @Nullable Subscribed gone(JsonNode notice) {
      String channel = notice.path("channel").asText();
      Subscribed asked = open(channel);
      channels.remove(channel);
      return asked;
    }

    private void live(JsonNode live) {
      Subscribed asked = open(live.path("channel").asText());
      if (asked == null) {
        return;
      }
      if (live.has("position")) {
        asked.feed.moved(asked.version, live.get("position").asText());
      }
      asked.reached = true;
      tellLive(asked);
    }

    private void tellLive(Subscribed asked) {
      if (asked.reached && host.isLive(SocketLink.this)) {
        asked.feed.reached(asked.version);
      }
    }

    void tellLive() {
      List.copyOf(channels.values()).forEach(this::tellLive);
    }

    private void reset(JsonNode reset) {
      Subscribed asked = open(reset.path("channel").asText());
      if (asked != null) {
        String earliest = reset.path("earliest").asText();
        asked.feed.reset(
            asked.version, Notices.Reset.of(reset), reset.path("position").asText(earliest));
      }
    }

    private void unsubscribed(JsonNode notice) {
      Subscribed asked = gone(notice);
      if (asked != null) {
        asked.feed.refused(
            TailwaterException.lasting(
                notice.path("code").asText("forbidden"),
                "the token does not cover " + asked.feed.channel() + " any more"));
      }
    }

    private void renew() {
      if (!credentials.isRenewable()) {
        return;
      }
      credentials
          .renew(Tokens.Reason.EXPIRING)
          .thenCompose(
              renewed ->
                  end.isDone() ? CompletableFuture.completedFuture(null) : authenticate(renewed))
          .whenComplete(
              (authed, failure) -> {
                if (failure != null && !end.isDone()) {
                  // The token in use may be good for a moment; its end closes the connection.
                  host.tell(TailwaterException.from(failure));
                }
              });
    }

    // ---- Channels

    /** Whether it stands where the feed wants to stand. */
    boolean stands(Feed feed) {
      if (!isWanted(feed)) {
        return true;
      }
      Subscribed asked = open(feed.channel());
      return asked != null && asked.feed == feed && asked.version == feed.version();
    }

    /** Two links cannot read a pattern at the same time. */
    private boolean isWanted(Feed feed) {
      return !feed.isPattern() || host.isCurrent(SocketLink.this);
    }

    void update() {
      if (!open) {
        return;
      }
      for (Subscribed asked : List.copyOf(channels.values())) {
        if (!host.feeds().has(asked.feed)) {
          unsubscribe(asked.feed.channel());
        }
      }
      for (Feed feed : List.copyOf(host.feeds().all())) {
        Subscribed asked = channels.get(feed.channel());
        if (!isWanted(feed) || (asked != null && asked.version == feed.version())) {
          continue;
        }
        if (asked != null) {
          unsubscribe(feed.channel());
        }
        subscribe(feed);
      }
    }

    private void unsubscribe(String channel) {
      channels.remove(channel);
      ask("unsubscribe", Json.object().put("channel", channel), NO_LIMIT);
    }

    private void subscribe(Feed feed) {
      Feed.Start start = feed.start();
      Subscribed asked = new Subscribed(feed);
      channels.put(feed.channel(), asked);
      ObjectNode content = Json.object().put("channel", feed.channel());
      String after = start.position();
      if (after == null) {
        content.put("from", start.from());
      } else {
        content.put("after", after);
      }
      if (!feed.types().isEmpty()) {
        ArrayNode types = content.putArray("types");
        feed.types().forEach(types::add);
      }
      ask("subscribe", content, NO_LIMIT)
          .whenComplete(
              (frame, failure) -> {
                if (end.isDone() || channels.get(feed.channel()) != asked) {
                  return;
                }
                if (failure == null) {
                  // What comes before this answer is of an earlier subscription.
                  asked.open = true;
                  stands(asked, start, frame.path("subscribed").path("position").asText());
                } else {
                  refused(feed, TailwaterException.from(failure));
                }
              });
    }

    private void stands(Subscribed asked, Feed.Start start, String position) {
      if (asked.feed.opened(asked.version, start, position)) {
        host.progress(SocketLink.this);
      } else {
        unsubscribe(asked.feed.channel());
        update();
      }
    }

    private void refused(Feed feed, TailwaterException failure) {
      channels.remove(feed.channel());
      if (failure.retry()) {
        long pause = (long) (SUBSCRIBE_AGAIN_MS * (1 + loop.random()));
        loop.schedule(pause, this::update);
      } else {
        feed.refused(failure);
      }
    }
  }
}
