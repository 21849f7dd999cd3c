package io.tailwater.system.clients;

import io.tailwater.contract.Channel;
import io.tailwater.contract.PartitionPositions;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.ChannelEvent;
import io.tailwater.system.Json;
import io.tailwater.system.ledger.Wanted;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Reads the protocol of lines that only these tests have. Each channel has its own position. */
public final class LineWire implements Wire, Reading {
  @Override
  public Reader open(Wanted wanted, List<URI> gateways) {
    return ReturningReader.start(wanted, gateways, List.of(this));
  }

  @Override
  public String toString() {
    return "LINES";
  }

  @Override
  public void read(Turn turn) throws IOException {
    StreamConnection stream =
        turn.get(turn.wanted().pollPath(turn.held().after()), Map.of("Accept", "text/x-lines"));
    switch (stream.status()) {
      case 200 -> {
        turn.accepted();
        lines(turn, stream);
      }
      case 204 -> turn.finish();
      case 429, 502, 503, 504 -> turn.retryAfter(1_000);
      default -> turn.giveUp(stream.status() + " " + stream.body());
    }
  }

  private static void lines(Turn turn, StreamConnection stream) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    while (turn.goesOn()) {
      int read = turn.read(stream, buffer);
      if (read < 0) {
        return;
      }
      for (int i = 0; i < read; i++) {
        if (buffer[i] != '\n') {
          line.write(buffer[i]);
          continue;
        }
        onLine(turn, line.toString(StandardCharsets.UTF_8));
        line.reset();
      }
    }
  }

  private static void onLine(Turn turn, String line) {
    String[] words = line.split(" ", 2);
    switch (words[0]) {
      case "event" -> {
        ChannelEvent event = EventJson.read(Json.tree(words[1]));
        turn.event(event, System.nanoTime());
        if (turn.scope(Turn.channel(event.getChannel())) instanceof Channel channel) {
          turn.held().one(channel, event.getId());
        }
      }
      case "open", "live", "end", "at" -> place(turn, words[0], words[1]);
      case "reset" -> place(turn, words[0], words[1].split(" ", 2)[1], words[1].split(" ", 2)[0]);
      case "retry" -> turn.retryAfter(Long.parseLong(words[1]));
      case "beat" -> {}
      default -> turn.violation("a line of no kind: " + line);
    }
  }

  private static void place(Turn turn, String kind, String place, String... reason) {
    String position = place.split(" ", 2)[0];
    Scope scope = Turn.scope(place.split(" ", 2)[1]);
    switch (kind) {
      case "open" -> turn.opened(scope, position);
      case "reset" ->
          turn.reset(scope, reason[0], PartitionPositions.isForPattern(position) ? "" : position);
      default -> {
        for (Channel channel : turn.channels(scope)) {
          turn.checkPosition(kind, channel, Held.of(position, channel, scope));
          if (kind.equals("end")) {
            turn.seen().ended(channel);
          }
        }
        if (kind.equals("live")) {
          turn.live(scope);
        }
      }
    }
    turn.held().one(scope, position);
  }
}
