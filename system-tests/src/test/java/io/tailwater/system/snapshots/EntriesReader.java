package io.tailwater.system.snapshots;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Block;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a client makes of a channel's state, by the contract alone: it forgets what it had when a
 * snapshot begins, and applies an event to an entry only if it is later than the entry's version.
 */
final class EntriesReader {
  private final Map<String, Entry> entries = new TreeMap<>();
  private String lastEventId = "";
  private boolean complete;
  private int snapshots;

  private record Entry(long version, String data) {}

  /** Its entries and their data, by name. */
  Map<String, String> entries() {
    Map<String, String> data = new TreeMap<>();
    entries.forEach((name, entry) -> data.put(name, entry.data()));
    return data;
  }

  /** Whether the snapshot that it was given last is whole. */
  boolean complete() {
    return complete;
  }

  /** How many snapshots have begun. */
  int snapshots() {
    return snapshots;
  }

  /** What a browser would send when it connects again. */
  String lastEventId() {
    return lastEventId;
  }

  /** Takes a block of an event stream with whole events. */
  void take(Block block) {
    lastEventId = block.lastEventId();
    String data = block.data();
    if (data == null) {
      return;
    }
    if (block.type().equals("tw.state")) {
      state(Json.tree(data));
    } else if (!block.type().startsWith("tw.")) {
      event(Json.tree(data));
    }
  }

  /** Takes a block of a snapshot. */
  void state(JsonNode block) {
    if (block.path("first").asBoolean()) {
      entries.clear();
      snapshots++;
    }
    complete = !block.path("more").asBoolean();
    for (JsonNode entry : block.path("entries")) {
      put(
          entry.path("entry").asText(),
          version(entry.path("version").asText()),
          entry.path("data").toString());
    }
  }

  /** Takes an event. */
  void event(JsonNode event) {
    String name = event.path("entry").asText();
    long version = version(event.path("id").asText());
    if (event.path("op").asText().equals("delete")) {
      Entry before = entries.get(name);
      if (before != null && before.version() < version) {
        entries.remove(name);
      }
    } else {
      put(name, version, event.path("data").toString());
    }
  }

  private void put(String name, long version, String data) {
    Entry before = entries.get(name);
    if (before == null || before.version() < version) {
      entries.put(name, new Entry(version, data));
    }
  }

  private static long version(String id) {
    return Long.parseLong(id.substring(id.indexOf('-') + 1));
  }
}
