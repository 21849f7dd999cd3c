package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tailwater.javaclient.loop.Backoff;
import io.tailwater.javaclient.loop.Loop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be published: in order by channel, one at a time, each until it has a verdict. It
 * is bounded. Confined to the client's loop.
 */
final class Outbox {
  private static final long NEVER_TRIED_MS = 7L * 24 * 3_600_000;
  private static final long UNKNOWN_MS = 50L * 60_000;
  private static final long MAX_PAUSE_MS = 5_000;

  /** How an entry is sent. */
  interface Sending {
    /** Whether attempts make sense now. */
    boolean isConnected();

    CompletableFuture<JsonNode> send(ObjectNode frame);
  }

  /** A publication that waits. */
  private static final class Entry {
    private final String channel;
    private final String key;
    private final ObjectNode frame;
    private final long createdAt;
    private final CompletableFuture<PublishOptions.Published> verdict = new CompletableFuture<>();
    private @Nullable Long triedAt;

    Entry(String channel, String key, ObjectNode frame, long createdAt) {
      this.channel = channel;
      this.key = key;
      this.frame = frame;
      this.createdAt = createdAt;
    }
  }

  private final Loop loop;
  private final Sending sending;
  private final Backoff backoff;
  private final int limit;
  private final Map<String, Deque<Entry>> queues = new HashMap<>();
  private final Set<String> keys = new HashSet<>();
  // Channels with an entry in flight.
  private final Set<String> busy = new HashSet<>();
  // Channels that wait after a failure.
  private final Map<String, Loop.Timer> pauses = new HashMap<>();
  private final Map<String, Integer> attempts = new HashMap<>();
  private boolean closed;

  /**
   * @param limit how many publications may wait
   */
  Outbox(Loop loop, Sending sending, Backoff backoff, int limit) {
    this.loop = loop;
    this.sending = sending;
    this.backoff = backoff.atMost(MAX_PAUSE_MS);
    this.limit = limit;
  }

  /**
   * Takes a publication. The result is its verdict.
   *
   * @param frame as the protocol's publish frame has it, with channel and key
   */
  CompletableFuture<PublishOptions.Published> publish(ObjectNode frame) {
    String channel = frame.path("channel").asText();
    String key = frame.path("key").asText();
    if (closed) {
      return CompletableFuture.failedFuture(TailwaterException.closed());
    }
    if (keys.size() >= limit) {
      return CompletableFuture.failedFuture(
          TailwaterException.passing(
              "outbox_full",
              limit + " publications wait already; publish again when some are settled"));
    }
    if (!keys.add(channel + "\n" + key)) {
      return CompletableFuture.failedFuture(
          TailwaterException.lasting(
              "invalid_request", "a publication with the key '" + key + "' waits already"));
    }
    Entry entry = new Entry(channel, key, frame, loop.now());
    queues.computeIfAbsent(channel, any -> new ArrayDeque<>()).add(entry);
    send(channel);
    return entry.verdict;
  }

  /** A connection has opened: nobody waits any longer. */
  void wake() {
    List<String> waiting = new ArrayList<>(pauses.keySet());
    pauses.values().forEach(Loop.Timer::cancel);
    pauses.clear();
    waiting.forEach(this::send);
  }

  private void send(String channel) {
    Deque<Entry> queue = queues.get(channel);
    if (queue == null || closed || busy.contains(channel) || pauses.containsKey(channel)) {
      return;
    }
    Entry entry = queue.peek();
    if (entry == null) {
      queues.remove(channel);
      attempts.remove(channel);
      return;
    }
    TailwaterException late = late(entry);
    if (late != null) {
      settle(entry, null, late);
      return;
    }
    busy.add(channel);
    boolean connected = sending.isConnected();
    CompletableFuture<JsonNode> sent =
        connected
            ? sending.send(entry.frame)
            : CompletableFuture.failedFuture(TailwaterException.unavailable("not connected"));
    sent.whenComplete(
        (verdict, failure) -> {
          busy.remove(channel);
          if (closed) {
            return;
          }
          if (failure == null) {
            settle(entry, PublishOptions.Published.of(verdict), null);
          } else {
            failed(entry, connected, TailwaterException.from(failure));
          }
        });
  }

  /** Why an entry may not be sent any more, null if it may. */
  private @Nullable TailwaterException late(Entry entry) {
    long now = loop.now();
    Long triedAt = entry.triedAt;
    if (triedAt != null && now - triedAt > UNKNOWN_MS) {
      return TailwaterException.lasting(
              "timeout",
              "it is not known whether the event was stored, and its key may be forgotten")
          .withUnknownOutcome();
    }
    return triedAt == null && now - entry.createdAt > NEVER_TRIED_MS
        ? TailwaterException.lasting("timeout", "the event has waited for 7 days")
        : null;
  }

  private void failed(Entry entry, boolean wasSent, TailwaterException error) {
    if (!error.retry()) {
      settle(entry, null, error);
      return;
    }
    // A refusal that passes, such as a rate, has stored nothing.
    if (wasSent && !error.code().equals("rate_limited") && entry.triedAt == null) {
      entry.triedAt = loop.now();
    }
    int attempt = attempts.merge(entry.channel, 1, Integer::sum);
    long pause = backoff.pause(attempt - 1, loop.random(), error.retryMs());
    pauses.put(
        entry.channel,
        loop.schedule(
            pause,
            () -> {
              pauses.remove(entry.channel);
              send(entry.channel);
            }));
  }

  private void settle(
      Entry entry,
      PublishOptions.@Nullable Published published,
      @Nullable TailwaterException failure) {
    Deque<Entry> queue = queues.get(entry.channel);
    if (queue != null) {
      queue.remove(entry);
    }
    keys.remove(entry.channel + "\n" + entry.key);
    attempts.remove(entry.channel);
    if (failure == null) {
      entry.verdict.complete(published);
    } else {
      entry.verdict.completeExceptionally(failure);
    }
    send(entry.channel);
  }

  /** Gives up everything that waits. */
  void close() {
    closed = true;
    pauses.values().forEach(Loop.Timer::cancel);
    for (Deque<Entry> queue : queues.values()) {
      for (Entry entry : queue) {
        boolean unknown =
            entry.triedAt != null || (busy.contains(entry.channel) && entry == queue.peek());
        TailwaterException failure = TailwaterException.closed();
        entry.verdict.completeExceptionally(unknown ? failure.withUnknownOutcome() : failure);
      }
    }
    queues.clear();
    keys.clear();
  }
}
