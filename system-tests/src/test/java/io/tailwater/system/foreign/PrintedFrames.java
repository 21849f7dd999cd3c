package io.tailwater.system.foreign;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.Json;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/**
 * What a program with a WebSocket keeps and prints: the newest position, the data of each event,
 * and notices in angle brackets. Used by one connection at a time.
 */
final class PrintedFrames {
  private final PrintStream out;
  private volatile String position = "";

  PrintedFrames(PrintStream out) {
    this.out = out;
  }

  /** The frame that subscribes from the newest position, as JSON. */
  String subscribe(String channel) {
    Map<String, String> subscribe =
        position.isEmpty()
            ? Map.of("channel", channel)
            : Map.of("channel", channel, "after", position);
    return Json.write(Map.of("id", 1, "subscribe", subscribe));
  }

  /** Takes a frame of the server. */
  void print(String text) {
    JsonNode frame = Json.tree(text);
    if (frame.has("subscribed")) {
      position = frame.path("subscribed").path("position").asText();
    }
    for (JsonNode event : frame.path("events")) {
      position = event.path("id").asText();
      out.println(event.path("data"));
    }
    for (String note : List.of("live", "reset", "end")) {
      if (frame.has(note)) {
        out.println("<" + note + ">");
      }
    }
  }
}
