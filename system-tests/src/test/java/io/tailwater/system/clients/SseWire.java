package io.tailwater.system.clients;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.ChannelEvent;
import io.tailwater.system.Json;
import io.tailwater.system.ledger.Wanted;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Reads an event stream as an EventSource does: comes back after {@code retry:} with its last event
 * id, unless it is answered anything but an event stream.
 */
final class SseWire implements Wire {
  @Override
  public void read(Turn turn) throws IOException {
    // What a reader begins with, or has of each channel from elsewhere, stands in its URL; from
    // then on it is the header's.
    String id = turn.held().told() ? Objects.requireNonNullElse(turn.held().all(), "") : "";
    Map<String, String> headers =
        Map.of("Accept", "text/event-stream", "Cache-Control", "no-store", "Last-Event-ID", id);
    String path = turn.wanted().path(id.isEmpty() ? turn.held().after() : List.of());
    StreamConnection stream = turn.get(path, headers);
    switch (stream.status()) {
      case 200 -> new Stream(turn, !id.isEmpty()).read(stream);
      case 204 -> turn.finish();
      default -> turn.giveUp(stream.status() + " " + stream.body());
    }
  }

  /** One stream. */
  private static final class Stream {
    private final Turn turn;
    private boolean hasId;
    private boolean opened;
    private boolean toldToComeBack;

    /**
     * @param hasId whether it came with a last event id; what stands in its URL stays there
     */
    Stream(Turn turn, boolean hasId) {
      this.turn = turn;
      this.hasId = hasId;
    }

    void read(StreamConnection stream) throws IOException {
      if (!stream.header("content-type").startsWith("text/event-stream")) {
        turn.giveUp("200 with " + stream.header("content-type"));
        return;
      }
      EventStreamParser parser = new EventStreamParser(this::onBlock);
      byte[] buffer = new byte[8192];
      try {
        while (turn.goesOn()) {
          int read = turn.read(stream, buffer);
          if (read < 0) {
            return;
          }
          parser.feed(buffer, read, System.nanoTime());
        }
      } finally {
        parser.retryMs().ifPresent(turn::retryAfter);
      }
    }

    private void onBlock(Block block) {
      // Whatever else a block says, a browser keeps the id that it leaves behind.
      if (!block.lastEventId().isEmpty()) {
        hasId = true;
        turn.held().all(block.lastEventId());
      } else if (hasId) {
        turn.violation("a block without an id made a browser forget its position: " + block);
      }
      if (block.data() == null) {
        turn.violation("a block without data: " + block);
        return;
      }
      if (toldToComeBack) {
        turn.violation("a block after tw.retry: " + block);
      }
      if (!opened && !block.type().equals("tw.open") && !block.type().equals("tw.retry")) {
        turn.violation("the first block is no tw.open: " + block);
      }
      say(block, Json.tree(block.data()));
      if (!block.hadId()
          && !block.type().equals("tw.retry")
          && !block.type().startsWith("tw.exp")) {
        turn.violation("a block without an id: " + block);
      }
    }

    private void say(Block block, JsonNode data) {
      switch (block.type()) {
        case "tw.open" -> open(block, data);
        case "tw.live" -> turn.live(scope(data));
        case "tw.end" -> turn.seen().ended(Turn.channel(data.path("channel").asText()));
        case "tw.reset" ->
            turn.reset(scope(data), data.path("reason").asText(), data.path("earliest").asText());
        case "tw.retry" -> toldToComeBack = true;
        case "tw.expiring", "tw.expired" -> {
          // Nothing to keep: a reader with another token comes back by itself.
        }
        default -> event(block, data);
      }
    }

    private void open(Block block, JsonNode data) {
      if (opened) {
        turn.violation("a second tw.open: " + block);
      }
      opened = true;
      turn.accepted();
      for (Scope scope : turn.wanted().scopes()) {
        JsonNode position = data.path("positions").path(scope.toString());
        if (position.isMissingNode()) {
          turn.violation("tw.open has no position of " + scope);
        } else {
          turn.opened(scope, position.asText());
        }
      }
    }

    private void event(Block block, JsonNode data) {
      Wanted wanted = turn.wanted();
      if (wanted.envelope() || wanted.several()) {
        if (!wanted.several() && !data.path("id").asText().equals(block.lastEventId())) {
          turn.violation("an event whose block has another id: " + block);
        }
        ChannelEvent event = EventJson.read(data);
        if (turn.event(event, block.arrivedNanos())) {
          checkPosition(block, event);
        }
      } else {
        turn.event(
            wanted.channels().getFirst(),
            block.lastEventId(),
            block.type(),
            String.valueOf(block.data()),
            block.arrivedNanos());
      }
    }

    /** The position that comes with an event lies at it, in the event's own partition. */
    private void checkPosition(Block block, ChannelEvent event) {
      Channel channel = Turn.channel(event.getChannel());
      Position at = Held.of(block.lastEventId(), channel, turn.scope(channel));
      if (!Position.parse(event.getId()).equals(at)) {
        turn.violation("an event with a position that is not its own, " + at + ": " + event);
      }
    }

    private static Scope scope(JsonNode data) {
      return Turn.scope(data.path("channel").asText());
    }
  }
}
