package io.tailwater.launcher.platform;

import io.tailwater.core.topic.RecordCodec.SkipReason;
import io.tailwater.launcher.terminal.Announcer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Says on the terminal that event-core skips records of a topic: a person who writes to Kafka with
 * a program of their own would otherwise wait for events that never come. Asks the first
 * event-core, since each of them reads all records. Confined to its thread.
 */
public final class SkippedRecords implements AutoCloseable {
  private static final Duration INTERVAL = Duration.ofSeconds(5);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(2);
  private static final Pattern COUNT =
      Pattern.compile(
          "^tailwater_core_records_total\\{(?=[^}]*\\bnamespace=\"([^\"]+)\")"
              + "(?=[^}]*\\boutcome=\"([a-z_]+)\")[^}]*} ([0-9.E]+)$",
          Pattern.MULTILINE);

  private final URI metrics;
  private final Announcer announcer;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(ANSWER_LIMIT)
          .build();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("launcher-skipped").daemon().factory());
  private final Map<String, Long> known = new HashMap<>();

  private SkippedRecords(URI metrics, Announcer announcer) {
    this.metrics = metrics;
    this.announcer = announcer;
  }

  /** Begins to look, every {@code INTERVAL}. */
  public static SkippedRecords watch(Ports ports, Announcer announcer) {
    var skipped =
        new SkippedRecords(
            URI.create("http://127.0.0.1:" + (ports.eventCore(1) + 1) + "/prometheus"), announcer);
    var unused =
        skipped.thread.scheduleWithFixedDelay(
            skipped::look, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    return skipped;
  }

  private void look() {
    try {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(metrics).timeout(ANSWER_LIMIT).build(),
              BodyHandlers.ofString());
      COUNT.matcher(answer.body()).results().forEach(this::compare);
    } catch (IOException e) {
      // It is being restarted; what it skips then is counted from its start.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void compare(MatchResult series) {
    for (SkipReason reason : SkipReason.values()) {
      if (reason.name().toLowerCase(Locale.ROOT).equals(series.group(2))) {
        warn(series.group(1), reason, (long) Double.parseDouble(series.group(3)));
      }
    }
  }

  private void warn(String namespace, SkipReason reason, long count) {
    Long before = known.put(namespace + " " + reason, count);
    // A counter that is lower than before belongs to a restarted process.
    long more = before == null || count < before ? count : count - before;
    if (more > 0) {
      announcer.warn(
          "event-core",
          "skipped %d %s of namespace %s (%s): no client will see %s; docs/protocol.md says why."
              .formatted(
                  more,
                  more == 1 ? "record" : "records",
                  namespace,
                  reason.text(),
                  more == 1 ? "it" : "them"));
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
