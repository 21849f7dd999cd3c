package io.tailwater.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The channels that connections read, as a gateway lists the connections. */
final class ChannelReaders {
  /**
   * A channel or a pattern that is read now.
   *
   * @param lag how many offsets the reader that is furthest behind is behind
   * @param state of that reader
   */
  record Read(String channel, int readers, long lag, String state) {
    Read with(Read other) {
      Read worse = other.lag > lag ? other : this;
      return new Read(channel, readers + other.readers, worse.lag, worse.state);
    }
  }

  private ChannelReaders() {}

  /** Those of all pages, by name. */
  static Collection<Read> of(List<JsonNode> pages) {
    Map<String, Read> found = new TreeMap<>();
    for (JsonNode page : pages) {
      for (JsonNode connection : page.path("connections")) {
        for (JsonNode channel : connection.path("channels")) {
          String name = channel.path("channel").asText();
          found.merge(
              name, new Read(name, 1, channel.path("lag").asLong(), state(channel)), Read::with);
        }
      }
    }
    return found.values();
  }

  /** The channel of a connection that is furthest behind; a missing node if it reads none. */
  static JsonNode worst(JsonNode connection) {
    JsonNode worst = connection.path("channels").path(0);
    for (JsonNode channel : connection.path("channels")) {
      if (channel.path("lag").asLong() > worst.path("lag").asLong()) {
        worst = channel;
      }
    }
    return worst;
  }

  /** What a reader does, with the reason if there is one. */
  static String state(JsonNode channel) {
    String reason = channel.path("reason").asText("");
    return channel.path("state").asText("") + (reason.isEmpty() ? "" : " (" + reason + ")");
  }

  /** Connections that are furthest behind first. */
  static Comparator<JsonNode> byLag() {
    return Comparator.comparingLong((JsonNode connection) -> worst(connection).path("lag").asLong())
        .reversed()
        .thenComparing(connection -> connection.path("connection").asText());
  }
}
