package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.javaclient.loop.Backoff;
import io.tailwater.javaclient.loop.Loop;
import io.tailwater.javaclient.wire.Mark;
import io.tailwater.javaclient.wire.SseParser;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * The channels of one request, an event stream or a poll: several channels, or one pattern.
 * Confined to the client's loop.
 */
final class Group {
  private static final int MAX_CHANNELS = 32;
  private static final int MAX_URL = 7_000;
  private static final int URL_ROOM = 200;
  private static final int POSITION_ROOM = 80;
  private static final int LONG_WAIT_S = 25;
  private static final long SHORT_PAUSE_MS = 3_000;
  private static final int LIMIT = 1_000;
  // How many heartbeats may fail to come.
  private static final double SILENT_BEATS = 2.5;
  private static final int NO_CONTENT = 204;

  private final Loop loop;
  private final Link.Host host;
  private final Link link;
  private final Http http;
  private final Credentials credentials;
  private final long timeoutMs;
  private final Reconnects reconnects;
  private final Set<Feed> feeds = new LinkedHashSet<>();
  private @Nullable Connection connection;
  private boolean started;
  private boolean closed;

  Group(
      Loop loop,
      Link.Host host,
      Link link,
      Http http,
      Credentials credentials,
      Backoff backoff,
      long timeoutMs) {
    this.loop = loop;
    this.host = host;
    this.link = link;
    this.http = http;
    this.credentials = credentials;
    this.timeoutMs = timeoutMs;
    this.reconnects = new Reconnects(loop, backoff, host, link, this::connect);
  }

  /** What it reads. Changes take effect with {@link #update}. */
  Set<Feed> feeds() {
    return feeds;
  }

  boolean hasRoomFor(Feed feed) {
    if (feed.isPattern()) {
      return feeds.isEmpty();
    }
    int length = URL_ROOM + room(feed);
    for (Feed one : feeds) {
      if (one.isPattern()) {
        return false;
      }
      length += room(one);
    }
    return feeds.size() < MAX_CHANNELS && length < MAX_URL;
  }

  private static int room(Feed feed) {
    return Http.encoded(feed.channel()).length() + POSITION_ROOM;
  }

  boolean isOpen() {
    return connection != null && connection.open;
  }

  boolean isReady() {
    Connection current = connection;
    return current != null && current.open && current.fits();
  }

  void update() {
    if (!started) {
      started = true;
      reconnects.start();
    } else if (connection != null && !connection.fits()) {
      connection.again();
    }
  }

  void tellLive() {
    if (connection != null) {
      connection.tellLive();
    }
  }

  void probe() {
    reconnects.hurry();
    if (connection != null) {
      connection.probe();
    }
  }

  void close() {
    closed = true;
    reconnects.stop();
    Connection current = connection;
    if (current != null) {
      current.finish(Link.End.restart());
    }
  }

  private CompletableFuture<Link.End> connect(Runnable opened) {
    Connection current = link.kind() == Transport.SSE ? new Stream(opened) : new Polls(opened);
    if (closed || feeds.isEmpty()) {
      return current.end;
    }
    connection = current;
    current.begin();
    return current.end;
  }

  /** The last request to the server for a feed. */
  private static final class Asked {
    private final Feed feed;
    private final int version;
    private Feed.Start start;
    private boolean reached;

    Asked(Feed feed) {
      this.feed = feed;
      this.version = feed.version();
      this.start = feed.start();
    }
  }

  /** A stream, or polls one after the other, until the group changes or something fails. */
  private abstract class Connection {
    final CompletableFuture<Link.End> end = new CompletableFuture<>();
    private final Runnable opened;
    private Http.@Nullable Call<?> call;
    List<Asked> asked = new ArrayList<>();
    boolean open;
    long heardAt = loop.now();
    long silentMs = Long.MAX_VALUE;

    Connection(Runnable opened) {
      this.opened = opened;
    }

    abstract void begin();

    /** Whether the last request still fits what the readers want. */
    boolean fits() {
      return asked.size() == feeds.size()
          && asked.stream()
              .allMatch(one -> feeds.contains(one.feed) && one.version == one.feed.version());
    }

    final void again() {
      finish(Link.End.restart());
    }

    final void probe() {
      if (loop.now() - heardAt > silentMs) {
        silent();
      }
    }

    final void silent() {
      fail(TailwaterException.unavailable("nothing came for too long"));
    }

    final boolean isOver() {
      return end.isDone();
    }

    final <T> CompletableFuture<T> calling(Http.Call<T> begun) {
      call = begun;
      return begun.result();
    }

    final void opens() {
      if (!open) {
        open = true;
        opened.run();
      }
    }

    /** What follows of a feed is new. */
    final void reached(Asked one) {
      one.reached = true;
      if (host.isLive(link)) {
        one.feed.reached(one.version);
      }
    }

    final void tellLive() {
      List.copyOf(asked).stream().filter(one -> one.reached).forEach(this::reached);
    }

    /** Ends it. */
    void finish(Link.End how) {
      if (isOver()) {
        return;
      }
      open = false;
      if (connection == this) {
        connection = null;
      }
      if (!how.again() && host.isCurrent(link)) {
        feeds.forEach(Feed::lost);
      }
      end.complete(how);
      if (call != null) {
        call.cancel();
      }
    }

    final void fail(Throwable failure) {
      if (!isOver()) {
        judge(TailwaterException.from(failure));
      }
    }

    /** What a failure means. */
    private void judge(TailwaterException error) {
      if (error.code().equals("token_expired") && credentials.isReplaceable()) {
        credentials
            .renew(Tokens.Reason.EXPIRED)
            .whenComplete(
                (token, failure) ->
                    finish(
                        failure == null
                            ? Link.End.restart()
                            : Link.End.of(open, TailwaterException.from(failure))));
      } else if (error.retry() || error.code().startsWith("http_")) {
        finish(Link.End.of(open, error));
      } else if (Set.of("unauthorized", "token_expired", "token_revoked", "origin_denied")
          .contains(error.code())) {
        finish(Link.End.lasting(error));
      } else if (feeds.size() == 1) {
        feeds.iterator().next().refused(error);
        again();
      } else {
        askEachAlone(new ArrayList<>(feeds), false, error);
      }
    }

    /** One of the channels is refused, and with it all of them. */
    private void askEachAlone(List<Feed> left, boolean refused, TailwaterException error) {
      if (left.isEmpty()) {
        finish(refused ? Link.End.restart() : Link.End.of(open, error));
        return;
      }
      Feed feed = left.remove(0);
      calling(http.json(Http.Request.get(path(List.of(new Asked(feed)), "&limit=1"))))
          .whenComplete(
              (page, failure) -> {
                if (isOver()) {
                  return;
                }
                boolean lasting = failure != null && !TailwaterException.from(failure).retry();
                if (lasting) {
                  feed.refused(TailwaterException.from(failure));
                }
                askEachAlone(left, refused || lasting, error);
              });
    }

    // ---- What every answer is made of

    @Nullable Asked of(String channel) {
      for (Asked one : asked) {
        if (one.feed.channel().equals(channel)) {
          return one;
        }
      }
      return null;
    }

    private boolean isPattern() {
      return asked.size() == 1 && asked.get(0).feed.isPattern();
    }

    /**
     * @param position after these events, as far as the server says
     */
    void take(List<Event> events, @Nullable String position) {
      if (isPattern()) {
        Asked pattern = asked.get(0);
        pattern.feed.take(pattern.version, events, position);
        return;
      }
      for (Event event : events) {
        Asked one = of(event.channel());
        // An ephemeral event has no position: of two links, one counts.
        if (one != null && (event.id() != null || host.isCurrent(link))) {
          one.feed.take(one.version, List.of(event), null);
        }
      }
    }

    /** A position of all of them has come. */
    void position(String text) {
      if (asked.size() == 1) {
        asked.get(0).feed.moved(asked.get(0).version, text);
      } else {
        asked.forEach(one -> one.feed.widened(one.version, text));
      }
    }

    void reset(JsonNode reset, @Nullable String position) {
      Asked one = of(reset.path("channel").asText());
      if (one != null) {
        String now =
            one.feed.isPattern() && position != null ? position : reset.path("earliest").asText();
        one.feed.reset(one.version, Notices.Reset.of(reset), now);
      }
    }

    void end(String channel) {
      Asked ended = of(channel);
      if (ended != null) {
        asked.remove(ended);
        ended.feed.ended(ended.version);
        // The channel is gone on both sides: nothing has to begin again.
        feeds.remove(ended.feed);
      }
    }

    /** As many channels as one request can name: without positions they have to begin alike. */
    List<Asked> choose() {
      List<Asked> all = new ArrayList<>();
      feeds.forEach(feed -> all.add(new Asked(feed)));
      String from = from(all);
      all.removeIf(one -> one.start.after() == null && !one.start.from().equals(from));
      return all;
    }

    private static String from(List<Asked> all) {
      return all.stream()
          .filter(one -> one.start.after() == null)
          .map(one -> one.start.from())
          .findFirst()
          .orElse("");
    }

    String path(List<Asked> all, String more) {
      StringBuilder path = new StringBuilder("/v1/events?");
      all.forEach(
          one -> path.append("channel=").append(Http.encoded(one.feed.channel())).append('&'));
      String wide = all.get(0).start.wide();
      if (wide != null && all.stream().allMatch(one -> wide.equals(one.start.wide()))) {
        path.append("after=").append(Http.encoded(wide)).append('&');
      } else if (all.stream().anyMatch(one -> one.start.after() != null)) {
        for (Asked one : all) {
          String after = one.start.after();
          path.append("after=").append(after == null ? "" : Http.encoded(after)).append('&');
        }
      }
      String from = from(all);
      if (!from.isEmpty()) {
        path.append("from=").append(Http.encoded(from)).append('&');
      }
      Set<String> types = all.get(0).feed.types();
      if (!types.isEmpty()) {
        path.append("types=").append(String.join(",", types)).append('&');
      }
      path.setLength(path.length() - 1);
      return path + more;
    }
  }

  /** An event stream. */
  private final class Stream extends Connection implements Flow.Subscriber<List<ByteBuffer>> {
    private final SseParser parser = new SseParser(this::block);
    private Flow.@Nullable Subscription body;
    private Loop.Timer watch = () -> {};
    private String wide = "";
    private Link.@Nullable End farewell;

    Stream(Runnable opened) {
      super(opened);
    }

    @Override
    void begin() {
      asked = choose();
      silentMs = 2 * timeoutMs;
      Http.Request request =
          Http.Request.get(path(asked, "&envelope=true"))
              .with("Accept", "text/event-stream")
              .timeout(2 * timeoutMs);
      calling(http.open(request))
          .whenComplete(
              (response, failure) -> {
                if (failure == null) {
                  read(response);
                } else {
                  fail(failure);
                }
              });
    }

    private void read(HttpResponse<Flow.Publisher<List<ByteBuffer>>> response) {
      heardAt = loop.now();
      watch = loop.schedule(silentMs, this::watch);
      response.body().subscribe(this);
      if (response.statusCode() == NO_CONTENT) {
        List.copyOf(asked).forEach(one -> end(one.feed.channel()));
        again();
      }
    }

    private void watch() {
      long left = heardAt + silentMs - loop.now();
      if (left <= 0) {
        silent();
      } else {
        watch = loop.schedule(left, this::watch);
      }
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      loop.execute(
          () -> {
            body = subscription;
            if (isOver()) {
              subscription.cancel();
            } else {
              subscription.request(1);
            }
          });
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      loop.execute(() -> took(buffers));
    }

    private void took(List<ByteBuffer> buffers) {
      if (isOver() || body == null) {
        return;
      }
      heardAt = loop.now();
      try {
        for (ByteBuffer buffer : buffers) {
          parser.feed(buffer);
        }
      } catch (IllegalArgumentException | TailwaterException e) {
        fail(e);
        return;
      }
      // Only now: until these events are handled, later ones wait in the network.
      body.request(1);
    }

    @Override
    public void onError(Throwable failure) {
      loop.execute(() -> fail(TailwaterException.from(failure)));
    }

    @Override
    public void onComplete() {
      loop.execute(this::ended);
    }

    private void ended() {
      if (feeds.isEmpty()) {
        again();
        return;
      }
      TailwaterException error = TailwaterException.unavailable("the stream has ended");
      finish(
          farewell == null ? new Link.End(open, error, false, false, parser.retryMs()) : farewell);
    }

    @Override
    void finish(Link.End how) {
      if (isOver()) {
        return;
      }
      watch.cancel();
      // Where it is cut, each channel is contained in the position of all.
      if (!wide.isEmpty() && asked.size() > 1) {
        position(wide);
      }
      super.finish(how);
      if (body != null) {
        body.cancel();
      }
    }

    private void block(SseParser.Block block) {
      if (isOver()) {
        // What is left of a buffer: the stream that comes next brings it again.
        return;
      }
      String id = block.id();
      if (id != null && !id.isEmpty()) {
        wide = id;
      }
      JsonNode content = Json.parse(block.data());
      switch (block.type()) {
        case "" -> take(List.of(new Event(content)), id);
        case "tw.open" -> opened(content);
        case "tw.live" -> live(content, id);
        case "tw.reset" -> reset(content, id);
        case "tw.end" -> end(content.path("channel").asText());
        case "tw.retry" -> retry(content);
        case "tw.expiring" -> renew();
        default -> {
          // Others may come within this version.
        }
      }
    }

    private void opened(JsonNode content) {
      silentMs = (long) (SILENT_BEATS * content.path("heartbeat_ms").asLong(15_000));
      opens();
      boolean stands = true;
      for (Asked one : List.copyOf(asked)) {
        String position = content.path("positions").path(one.feed.channel()).asText();
        stands &= one.feed.opened(one.version, one.start, position);
      }
      host.progress(link);
      if (!stands || !fits()) {
        again();
      }
    }

    private void live(JsonNode content, @Nullable String id) {
      if (id != null && !id.isEmpty()) {
        position(id);
      }
      Asked one = of(content.path("channel").asText());
      if (one != null) {
        reached(one);
      }
    }

    private void retry(JsonNode content) {
      TailwaterException error =
          TailwaterException.passing(
              content.path("code").asText("unavailable"), "the stream cannot be served now");
      farewell = new Link.End(open, error, false, false, content.path("retry_ms").asLong());
    }

    /** A stream keeps the token that it came with: another one takes its place. */
    private void renew() {
      if (!credentials.isRenewable()) {
        return;
      }
      credentials
          .renew(Tokens.Reason.EXPIRING)
          .whenComplete(
              (token, failure) -> {
                if (failure == null) {
                  again();
                } else if (!isOver()) {
                  host.tell(TailwaterException.from(failure));
                }
              });
    }
  }

  /** Polls. */
  private final class Polls extends Connection {
    private boolean first = true;
    private Loop.Timer pause = () -> {};

    Polls(Runnable opened) {
      super(opened);
    }

    @Override
    void begin() {
      resolve(new ArrayList<>(feeds));
    }

    /** A channel without a position is asked for alone: its answer has a position of its own. */
    private void resolve(List<Feed> left) {
      left.removeIf(feed -> feed.start().after() != null || !feeds.contains(feed));
      if (left.isEmpty()) {
        all();
        return;
      }
      asked = new ArrayList<>(List.of(new Asked(left.remove(0))));
      page(
          0,
          page -> {
            turn(page, true);
            opens();
            resolve(left);
          });
    }

    private void all() {
      asked = new ArrayList<>();
      feeds.forEach(feed -> asked.add(new Asked(feed)));
      if (feeds.isEmpty() || asked.stream().anyMatch(one -> one.start.after() == null)) {
        again();
      } else {
        poll();
      }
    }

    private void poll() {
      asked.forEach(one -> one.start = one.feed.start());
      boolean isLong = link.kind() == Transport.LONG_POLL;
      page(
          isLong && !first ? LONG_WAIT_S : 0,
          page -> {
            turn(page, false);
            opens();
            if (first) {
              first = false;
              host.progress(link);
            }
            if (isOver()) {
              return;
            }
            if (feeds.isEmpty() || !fits()) {
              again();
            } else if (page.path("live").asBoolean() && !isLong) {
              pause = loop.schedule(SHORT_PAUSE_MS, this::poll);
            } else {
              poll();
            }
          });
    }

    private interface Page {
      void take(JsonNode page);
    }

    private void page(int waitS, Page then) {
      String more = "&limit=" + LIMIT + (waitS > 0 ? "&wait=" + waitS : "");
      Http.Request request =
          Http.Request.get(path(asked, more)).timeout(timeoutMs + waitS * 1_000L);
      calling(http.json(request))
          .whenComplete(
              (page, failure) -> {
                if (isOver()) {
                  return;
                }
                if (failure == null) {
                  then.take(page);
                } else {
                  fail(failure);
                }
              });
    }

    private void turn(JsonNode page, boolean begins) {
      List<Asked> all = List.copyOf(asked);
      if (page.isMissingNode()) {
        all.forEach(one -> end(one.feed.channel()));
        return;
      }
      heardAt = loop.now();
      List<Event> events = new ArrayList<>();
      page.path("events").forEach(event -> events.add(new Event(event)));
      String next = page.path("next").asText();
      if (begins
          && !all.get(0).feed.opened(all.get(0).version, all.get(0).start, start(events, next))) {
        return;
      }
      page.path("resets").forEach(reset -> reset(reset, next));
      take(events, next);
      position(next);
      page.path("ended").forEach(channel -> end(channel.asText()));
      if (page.path("live").asBoolean()) {
        all.stream().filter(one -> feeds.contains(one.feed)).forEach(this::reached);
      }
    }

    /** Nothing says where an answer begins: right before its first event that has a position. */
    private String start(List<Event> events, String next) {
      if (asked.get(0).feed.isPattern()) {
        return "";
      }
      for (Event event : events) {
        String id = event.id();
        if (id != null) {
          return Mark.before(id).text();
        }
      }
      return next;
    }

    @Override
    void finish(Link.End how) {
      pause.cancel();
      super.finish(how);
    }
  }
}
