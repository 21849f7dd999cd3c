package io.tailwater.launcher.client;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Follows an event stream to its end as an EventSource would: it comes back with its position after
 * every loss, after the delay that the server asked for, and also when the stream has been silent
 * for three heartbeats. Confined to the thread that calls {@link #run}.
 */
final class EventReader {
  private static final long FIRST_RETRY_MS = 1_000;
  private static final long MOST_RETRY_MS = 10_000;
  private static final Duration SILENCE_LIMIT = Duration.ofSeconds(45);

  private final Server server;
  private final String path;
  private final SseParser parser;
  private final AtomicLong lastLineNanos = new AtomicLong();
  private boolean connectedOnce;
  private int failures;

  /**
   * @param path of the stream, with its query
   * @param after the position to start after, if not where the query says
   */
  EventReader(Server server, String path, @Nullable String after) {
    this.server = server;
    this.path = path;
    this.parser = new SseParser(after, FIRST_RETRY_MS);
  }

  /** The position reached: to be handed in as {@code --after} or {@code Last-Event-ID}. */
  @Nullable String position() {
    return parser.lastEventId();
  }

  /**
   * Hands over event after event until {@code each} says no or the server says that nothing will
   * follow.
   *
   * @param each whether to go on
   * @throws LaunchException if the server can't be reached at first, or refuses for good
   */
  void run(Predicate<SseEvent> each) throws InterruptedException {
    while (connection(each)) {
      server.ticker().sleep(TimeUnit.MILLISECONDS.toNanos(delayMs()));
    }
  }

  private long delayMs() {
    return Math.min(
        parser.retryMs() << Math.min(failures, 4), Math.max(MOST_RETRY_MS, parser.retryMs()));
  }

  /** Whether to come back. */
  private boolean connection(Predicate<SseEvent> each) throws InterruptedException {
    HttpRequest.Builder request = server.request(path).header("Accept", "text/event-stream");
    if (parser.lastEventId() != null) {
      request.header("Last-Event-ID", parser.lastEventId());
    }
    try {
      HttpResponse<InputStream> response =
          server.http().send(request.build(), BodyHandlers.ofInputStream());
      connectedOnce = true;
      try (InputStream body = response.body()) {
        return switch (response.statusCode()) {
          case 200 -> read(body, each);
          case 204 -> false;
          default -> refused(response.statusCode(), body);
        };
      }
    } catch (IOException e) {
      if (!connectedOnce) {
        throw server.unreachable();
      }
      failures++;
      return true;
    } finally {
      parser.disconnected();
    }
  }

  private boolean refused(int status, InputStream body) throws IOException {
    if (status >= 500 || Server.isPassing(status)) {
      failures++;
      return true;
    }
    throw Server.refusal(status, new String(body.readAllBytes(), StandardCharsets.UTF_8));
  }

  private boolean read(InputStream body, Predicate<SseEvent> each) throws IOException {
    lastLineNanos.set(server.ticker().nanos());
    try (ScheduledExecutorService silence = endIfSilent(body);
        var lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      try {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          lastLineNanos.set(server.ticker().nanos());
          SseEvent event = parser.line(line);
          if (event != null) {
            failures = event.type().equals("tw.retry") ? failures : 0;
            if (!each.test(event)) {
              return false;
            }
          }
        }
        return true;
      } finally {
        silence.shutdownNow();
      }
    }
  }

  /** A connection that died without a word is found by the heartbeats that no longer come. */
  private ScheduledExecutorService endIfSilent(InputStream body) {
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("launcher-silence").daemon().factory());
    timer.scheduleWithFixedDelay(
        () -> {
          if (server.ticker().nanos() - lastLineNanos.get() > SILENCE_LIMIT.toNanos()) {
            closeQuietly(body);
          }
        },
        1,
        1,
        TimeUnit.SECONDS);
    return timer;
  }

  private static void closeQuietly(InputStream body) {
    try {
      body.close();
    } catch (IOException e) {
      // Its reader learns of the end either way.
    }
  }
}
