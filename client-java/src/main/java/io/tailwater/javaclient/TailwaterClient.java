package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tailwater.javaclient.loop.Backoff;
import io.tailwater.javaclient.loop.Loop;
import io.tailwater.javaclient.loop.ThreadLoop;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A client of one platform. It keeps one connection, or a few, for all its channels, and restores
 * them when they are cut: no event is lost and none comes twice. Safe for any thread.
 */
public final class TailwaterClient implements AutoCloseable {
  private static final String THREADS = "tailwater-client-";

  private final Core core;
  private final Status status;

  private TailwaterClient(Core core, Status status) {
    this.core = core;
    this.status = status;
  }

  /**
   * Begins to describe a client.
   *
   * @param url of the platform, such as {@code https://events.example}
   */
  public static Builder builder(String url) {
    return new Builder(URI.create(url));
  }

  /**
   * A channel, or a pattern such as {@code orders:*}.
   *
   * @throws TailwaterException {@code invalid_channel} if the name is not {@code namespace:key}
   */
  public Channel channel(String name) {
    if (name.indexOf(':') < 1) {
      throw TailwaterException.lasting(
          "invalid_channel", "a channel is named 'namespace:key', not '" + name + "'");
    }
    return new Channel(core, name);
  }

  /**
   * Calls a method of the application's backend, and waits for the result.
   *
   * @param data any JSON value, or what Jackson writes as one
   * @throws TailwaterException if it was refused, or not answered in time
   */
  public JsonNode call(String method, Object data) {
    return Core.await(callAsync(method, data, null, Duration.ofMillis(core.timeoutMs())));
  }

  /**
   * Calls a method of the application's backend.
   *
   * @param key makes it safe to repeat a call whose outcome is unknown; null for none
   * @param limit how long to wait for the result; a call itself lasts at most 30 seconds
   */
  public CompletableFuture<JsonNode> callAsync(
      String method, Object data, @Nullable String key, Duration limit) {
    ObjectNode frame = Json.object().put("method", method);
    try {
      frame.set("data", Json.of(data));
    } catch (TailwaterException e) {
      return CompletableFuture.failedFuture(e);
    }
    if (key != null) {
      frame.put("key", key);
    }
    return core.ask(() -> core.call(frame, limit.toMillis()));
  }

  public ClientListener.State state() {
    return status.state;
  }

  /** The transport in use; null before the first. */
  public @Nullable Transport transport() {
    return status.transport;
  }

  /**
   * Ends all subscriptions, and gives up what waits to be published. Handlers that run now go on to
   * their end.
   */
  @Override
  public void close() {
    core.close();
  }

  /**
   * What was told last, and to whom it is told: one notice after another. Of more than {@link
   * #MAX_WAITING} notices that wait for a slow listener, the oldest are dropped. Safe for any
   * thread.
   */
  private static final class Status implements ClientListener {
    private static final int MAX_WAITING = 1_000;

    private final Executor executor;
    private final ClientListener listener;
    private final Deque<Runnable> waiting = new ArrayDeque<>();
    private boolean telling;
    private volatile State state = State.CONNECTING;
    private volatile @Nullable Transport transport;

    Status(Executor executor, ClientListener listener) {
      this.executor = executor;
      this.listener = listener;
    }

    private void tell(Runnable notice) {
      synchronized (waiting) {
        waiting.add(notice);
        if (waiting.size() > MAX_WAITING) {
          waiting.remove();
        }
        if (telling) {
          return;
        }
        telling = true;
      }
      try {
        executor.execute(this::tellAll);
      } catch (RejectedExecutionException e) {
        // The application has ended its executor.
      }
    }

    private void tellAll() {
      for (Runnable notice = next(); notice != null; notice = next()) {
        try {
          notice.run();
        } catch (RuntimeException e) {
          System.getLogger(TailwaterClient.class.getPackageName())
              .log(System.Logger.Level.WARNING, "a listener has failed", e);
        }
      }
    }

    private @Nullable Runnable next() {
      synchronized (waiting) {
        Runnable next = waiting.poll();
        telling = next != null;
        return next;
      }
    }

    @Override
    public void state(State now) {
      state = now;
      tell(() -> listener.state(now));
    }

    @Override
    public void transport(Transport now, String why) {
      transport = now;
      tell(() -> listener.transport(now, why));
    }

    @Override
    public void failed(TailwaterException error) {
      tell(() -> listener.failed(error));
    }
  }

  /** Describes a client. Confined to one thread. */
  public static final class Builder {
    private static final Duration USUAL_TIMEOUT = Duration.ofSeconds(5);
    private static final int USUAL_OUTBOX = 100;
    private static final long MIN_BACKOFF_MS = 500;
    private static final long MAX_BACKOFF_MS = 30_000;

    private final URI url;
    private @Nullable Tokens tokens;
    private String token = "";
    private Transport transport = Transport.AUTO;
    private Backoff backoff = new Backoff(MIN_BACKOFF_MS, MAX_BACKOFF_MS, Integer.MAX_VALUE);
    private long timeoutMs = USUAL_TIMEOUT.toMillis();
    private int outbox = USUAL_OUTBOX;
    private ClientListener listener = new ClientListener() {};
    private @Nullable Executor executor;
    private @Nullable HttpClient httpClient;
    private @Nullable Loop loop;

    private Builder(URI url) {
      if (url.getHost() == null || !String.valueOf(url.getScheme()).matches("https?")) {
        throw TailwaterException.lasting(
            "invalid_request", "the platform is named as http://… or https://…, not " + url);
      }
      this.url = url.resolve("/");
    }

    /** A token that stays as it is. */
    public Builder token(String newToken) {
      token = newToken;
      return this;
    }

    /** Asks for tokens, as often as they are needed. */
    public Builder tokens(Tokens newTokens) {
      tokens = newTokens;
      return this;
    }

    /** The default is {@link Transport#AUTO}. */
    public Builder transport(Transport newTransport) {
      transport = newTransport;
      return this;
    }

    /**
     * Pauses between attempts to connect: a random time up to a bound that doubles, from 500 ms to
     * 30 s by default.
     */
    public Builder backoff(Duration min, Duration max) {
      backoff = new Backoff(min.toMillis(), max.toMillis(), backoff.attempts());
      return this;
    }

    /** How many attempts in a row may fail until the client closes; unlimited by default. */
    public Builder attempts(int limit) {
      backoff = new Backoff(backoff.minMs(), backoff.maxMs(), limit);
      return this;
    }

    /** How long requests wait for an answer; 5 seconds by default. */
    public Builder timeout(Duration newTimeout) {
      timeoutMs = newTimeout.toMillis();
      return this;
    }

    /** How many publications may wait; 100 by default. */
    public Builder outbox(int limit) {
      outbox = limit;
      return this;
    }

    public Builder listener(ClientListener newListener) {
      listener = newListener;
      return this;
    }

    /**
     * What runs handlers, listeners and what depends on results. By default threads of the client's
     * own, at most one for each subscription, request and notice that runs.
     */
    public Builder executor(Executor newExecutor) {
      executor = newExecutor;
      return this;
    }

    /** A client with a proxy or TLS of its own. The application closes it. */
    public Builder httpClient(HttpClient newClient) {
      httpClient = newClient;
      return this;
    }

    /** Another clock, for tests. */
    Builder loop(Loop newLoop) {
      loop = newLoop;
      return this;
    }

    /** Builds the client, which connects as soon as something is asked of it. */
    public TailwaterClient build() {
      Loop usedLoop = loop == null ? new ThreadLoop() : loop;
      Executor used = executor == null ? threads() : executor;
      HttpClient client = httpClient == null ? newHttpClient() : httpClient;
      Credentials credentials = new Credentials(usedLoop, used, tokens, token);
      Http http = new Http(usedLoop, client, url, credentials, timeoutMs);
      Feeds feeds = new Feeds(usedLoop);
      Status status = new Status(used, listener);
      Links links =
          new Links(
              usedLoop,
              new Links.Settings(url, client, transport, backoff, timeoutMs),
              feeds,
              http,
              credentials,
              status);
      Outbox waiting = new Outbox(usedLoop, new Sending(links, http), backoff, outbox);
      return new TailwaterClient(
          new Core(usedLoop, used, feeds, links, http, waiting, timeoutMs), status);
    }

    /** Threads end when they have been idle for a minute. */
    private static Executor threads() {
      AtomicInteger count = new AtomicInteger();
      return Executors.newCachedThreadPool(
          task -> {
            Thread thread = new Thread(task, THREADS + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
          });
    }

    private HttpClient newHttpClient() {
      // In the clear, HTTP/2 begins with an upgrade that proxies trip over.
      boolean clear = "http".equals(url.getScheme());
      return HttpClient.newBuilder()
          .version(clear ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2)
          .connectTimeout(Duration.ofMillis(timeoutMs))
          .build();
    }
  }

  /** Sends publications over the link in use, or by POST. */
  private record Sending(Links links, Http http) implements Outbox.Sending {
    private static final Pattern ASCII = Pattern.compile("[ -~]+");

    @Override
    public boolean isConnected() {
      return !links.needsSocket() || links.isOpen();
    }

    @Override
    public CompletableFuture<JsonNode> send(ObjectNode frame) {
      CompletableFuture<JsonNode> sent = links.publish(frame);
      return sent == null ? post(frame) : sent;
    }

    /** A batch of one: unlike headers, its fields take any text. */
    private CompletableFuture<JsonNode> post(ObjectNode frame) {
      if (frame.has("close")) {
        return close(frame);
      }
      ObjectNode line = frame.deepCopy();
      if (line.has("encoding")) {
        line.remove("encoding");
        line.set("data_base64", line.remove("data"));
      }
      return http.json(
              Http.Request.post("/v1/events", "application/x-ndjson", line + "\n")
                  .with("Accept", "application/x-ndjson"))
          .result()
          .thenApply(
              verdict -> {
                if (verdict.has("error")) {
                  throw TailwaterException.of(verdict.get("error"), 0);
                }
                return verdict;
              });
    }

    /** A batch cannot close a channel. */
    private CompletableFuture<JsonNode> close(ObjectNode frame) {
      String key = frame.path("key").asText();
      if (frame.has("encoding") || !ASCII.matcher(key).matches()) {
        return CompletableFuture.failedFuture(
            TailwaterException.lasting(
                "invalid_request",
                "without a WebSocket, an event that closes its channel has JSON and a key in ASCII"));
      }
      Http.Request request =
          Http.Request.post(
                  "/v1/events?close=true&channel=" + Http.encoded(frame.path("channel").asText()),
                  "application/json",
                  frame.path("data").toString())
              .with("Idempotency-Key", key);
      return http.json(
              frame.has("type") ? request.with("Event-Type", frame.get("type").asText()) : request)
          .result();
    }
  }
}
