package io.tailwater.launcher.client;

import org.jspecify.annotations.Nullable;

/**
 * Reads an event stream line by line, by the rules of the HTML standard's "Interpreting an event
 * stream". Confined to its reader's thread.
 */
final class SseParser {
  private final StringBuilder data = new StringBuilder();
  private String type = "";
  private @Nullable String nextId;
  private @Nullable String lastEventId;
  private long retryMs;

  /**
   * @param lastEventId the position to start from, if there is one
   * @param retryMs the delay until the stream says another
   */
  SseParser(@Nullable String lastEventId, long retryMs) {
    this.lastEventId = lastEventId;
    this.nextId = lastEventId;
    this.retryMs = retryMs;
  }

  /** Takes one line without its end, and returns the event that it completes. */
  @Nullable SseEvent line(String line) {
    if (line.isEmpty()) {
      return block();
    }
    int colon = line.indexOf(':');
    if (colon == 0) {
      return null;
    }
    String field = colon < 0 ? line : line.substring(0, colon);
    String value = colon < 0 ? "" : line.substring(colon + 1);
    field(field, value.startsWith(" ") ? value.substring(1) : value);
    return null;
  }

  private void field(String field, String value) {
    switch (field) {
      case "event" -> type = value;
      case "data" -> data.append(value).append('\n');
      case "id" -> nextId = value.indexOf('\0') < 0 ? value : nextId;
      case "retry" -> retryMs = value.matches("[0-9]{1,9}") ? Long.parseLong(value) : retryMs;
      default -> {}
    }
  }

  private @Nullable SseEvent block() {
    lastEventId = nextId;
    SseEvent event =
        data.isEmpty()
            ? null
            : new SseEvent(type.isEmpty() ? "message" : type, data.substring(0, data.length() - 1));
    reset();
    return event;
  }

  private void reset() {
    data.setLength(0);
    type = "";
  }

  /** The connection is gone: what was not completed by an empty line never was. */
  void disconnected() {
    reset();
    nextId = lastEventId;
  }

  /** What to send as {@code Last-Event-ID}. */
  @Nullable String lastEventId() {
    return lastEventId;
  }

  /** How long to wait before coming back. */
  long retryMs() {
    return retryMs;
  }
}
