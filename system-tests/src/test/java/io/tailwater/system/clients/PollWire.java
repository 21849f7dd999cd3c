package io.tailwater.system.clients;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.ChannelEvent;
import io.tailwater.system.Json;
import io.tailwater.system.ledger.Wanted;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Polls, some times over one connection, and hands {@code next} back as {@code after}. Its first
 * poll waits for nothing, so that it has a position before it waits: who is cut while it waits
 * without one does not know where it began.
 */
final class PollWire implements Wire {
  private static final int MOST_POLLS = 8;
  private static final int[] LIMITS = {3, 20, 100, 1_000};
  private static final long RETRY_MS = 1_000;
  // Who comes back wants to know soon whether it is up to date.
  private static final int FIRST_WAIT_SECONDS = 2;
  private static final long SHORT_REST_MS = 3_000;
  private static final Set<String> FIELDS = Set.of("events", "next", "live", "resets", "ended");
  private static final Set<String> RESET_FIELDS =
      Set.of("channel", "reason", "earliest", "partitions");

  private final int waitSeconds;

  /**
   * @param waitSeconds 0 for short polls
   */
  PollWire(int waitSeconds) {
    this.waitSeconds = waitSeconds;
  }

  @Override
  public void read(Turn turn) throws IOException {
    int polls = 1 + turn.random().nextInt(MOST_POLLS);
    for (int i = 0; i < polls && turn.goesOn(); i++) {
      if (!poll(turn, i == 0 ? Math.min(waitSeconds, FIRST_WAIT_SECONDS) : waitSeconds)) {
        return;
      }
      if (waitSeconds == 0) {
        turn.rest(SHORT_REST_MS);
      }
    }
  }

  /** Whether the connection is good for another one. */
  private boolean poll(Turn turn, int waitSeconds) throws IOException {
    int limit = LIMITS[turn.random().nextInt(LIMITS.length)];
    List<String> after = turn.held().after();
    int wait = after.isEmpty() ? 0 : waitSeconds;
    long began = System.nanoTime();
    StreamConnection answer =
        turn.get(path(turn.wanted(), after, wait, limit), Map.of("Accept", "application/json"));
    String body = body(turn, answer);
    switch (answer.status()) {
      case 200 -> {
        if (!answer.header("content-type").startsWith("application/json")) {
          turn.violation("an answer that is " + answer.header("content-type"));
        }
        JsonNode json = Json.tree(body);
        new Answer(turn, json).take(limit);
        turn.retryAfter(RETRY_MS);
        long tookMs = (System.nanoTime() - began) / 1_000_000;
        if (tookMs < wait * 1_000L - 1_000 && saysNothing(json) && !turn.wasCut()) {
          turn.violation("said nothing after " + tookMs + " ms of " + wait + " s: " + body);
        }
      }
      case 204 -> {
        if (!body.isEmpty()) {
          turn.violation("204 with a body: " + body);
        }
        turn.finish();
      }
      case 429, 503, 504 -> {
        turn.retryAfter(retryAfterMs(turn, answer));
        return false;
      }
      default -> turn.giveUp(answer.status() + " " + body);
    }
    return !answer.header("connection").equals("close");
  }

  private static String path(Wanted wanted, List<String> after, int wait, int limit) {
    // Without a position, 0 and 100 are what is left out.
    String path = wanted.pollPath(after);
    return path + (wait == 0 ? "" : "&wait=" + wait) + (limit == 100 ? "" : "&limit=" + limit);
  }

  private static String body(Turn turn, StreamConnection answer) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    for (int read = turn.read(answer, buffer); read >= 0; read = turn.read(answer, buffer)) {
      bytes.write(buffer, 0, read);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static long retryAfterMs(Turn turn, StreamConnection answer) {
    String seconds = answer.header("retry-after");
    if (!seconds.matches("[0-9]{1,4}")) {
      turn.violation(answer.status() + " with Retry-After " + seconds);
      return 1_000;
    }
    return Math.max(1, Long.parseLong(seconds)) * 1_000;
  }

  /** Without being live it says how far the log was looked through, which may be all it says. */
  private static boolean saysNothing(JsonNode answer) {
    return answer.path("live").asBoolean()
        && answer.path("events").isEmpty()
        && answer.path("resets").isEmpty()
        && answer.path("ended").isEmpty();
  }

  /** One answer: noted as a whole, or, when it is cut in the middle, not at all. */
  private record Answer(Turn turn, JsonNode json) {
    void take(int limit) {
      Json.requireOnly(json, FIELDS);
      List<ChannelEvent> events = new ArrayList<>();
      list("events").forEach(event -> events.add(EventJson.read(event)));
      if (events.size() > limit) {
        turn.violation(events.size() + " events, but the limit is " + limit);
      }
      if (!json.path("live").isBoolean()) {
        turn.violation("no live: " + json);
      }
      String next = Json.text(json, "next");
      turn.accepted();
      begin(events, next);
      for (JsonNode reset : list("resets")) {
        Json.requireOnly(reset, RESET_FIELDS);
        turn.reset(
            asked(Json.text(reset, "channel")),
            Json.text(reset, "reason"),
            Json.textOrEmpty(reset, "earliest"));
      }
      events.forEach(event -> turn.event(event, System.nanoTime()));
      Set<Scope> ended = new HashSet<>();
      list("ended").forEach(channel -> ended.add(asked(channel.asText())));
      for (Channel channel : turn.wanted().channels()) {
        turn.checkPosition("next", channel, Held.of(next, channel, turn.scope(channel)));
        if (ended.contains(channel)) {
          turn.seen().ended(channel);
        } else if (json.path("live").asBoolean()) {
          turn.live(channel);
        }
      }
      turn.held().all(next);
    }

    /**
     * Nothing says where {@code latest} was when the first answer has events already: what is
     * claimed begins with them.
     */
    private void begin(List<ChannelEvent> events, String next) {
      for (Channel channel : turn.wanted().channels()) {
        Position first =
            events.stream()
                .filter(event -> event.getChannel().equals(channel.toString()))
                .findFirst()
                .map(event -> Position.parse(event.getId()))
                .map(at -> new Position(at.epoch(), at.offset() - 1))
                .orElse(Held.of(next, channel, turn.scope(channel)));
        if (first != null) {
          turn.seen().opened(channel, first);
        }
      }
    }

    private JsonNode list(String field) {
      JsonNode list = json.path(field);
      if (!list.isArray()) {
        throw new IllegalStateException("no list " + field + ": " + json);
      }
      return list;
    }

    private Scope asked(String text) {
      Scope scope = Turn.scope(text);
      if (!turn.wanted().scopes().contains(scope)) {
        turn.violation("it speaks of a channel that was not asked for: " + json);
      }
      return scope;
    }
  }
}
