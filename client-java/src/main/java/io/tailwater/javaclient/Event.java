package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** An event of a channel. Immutable. */
public final class Event {
  private final JsonNode whole;

  Event(JsonNode whole) {
    this.whole = whole;
  }

  /** The event's id, unique within its channel; null for an ephemeral event. */
  public @Nullable String id() {
    return text("id");
  }

  /** The full name of the channel. */
  public String channel() {
    return whole.path("channel").asText();
  }

  public String type() {
    return whole.path("type").asText();
  }

  /** The subject of the publisher's token, null if there was none. */
  public @Nullable String by() {
    return text("by");
  }

  /** The publisher's idempotency key, null if there was none. */
  public @Nullable String key() {
    return text("key");
  }

  /** When the event was stored. */
  public Instant time() {
    return Instant.ofEpochMilli(whole.path("ts_ms").asLong());
  }

  /**
   * The data: any JSON value. It is a text of base64 if the data is bytes, and a missing node if
   * the event deletes an entry.
   */
  public JsonNode data() {
    return whole.path("data");
  }

  /**
   * The data as Jackson reads it into a class.
   *
   * @throws TailwaterException {@code invalid_json} if it does not fit
   */
  public <T> T data(Class<T> type) {
    return Json.to(type, data());
  }

  /** The data, if it is bytes, else null. */
  public byte @Nullable [] bytes() {
    return "base64".equals(text("encoding"))
        ? Base64.getDecoder().decode(whole.path("data").asText())
        : null;
  }

  /** Whether it was passed on and not stored. */
  public boolean isEphemeral() {
    return whole.path("ephemeral").asBoolean();
  }

  /** Whether it closes its channel. */
  public boolean isClosing() {
    return whole.path("closed").asBoolean();
  }

  /** All fields, as the protocol describes them: also what it does to the channel's state. */
  public JsonNode whole() {
    return whole;
  }

  private @Nullable String text(String field) {
    JsonNode value = whole.get(field);
    return value == null || value.isNull() ? null : value.asText();
  }

  @Override
  public String toString() {
    return whole.toString();
  }
}
