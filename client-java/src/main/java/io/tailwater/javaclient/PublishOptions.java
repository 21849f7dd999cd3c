package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * How an event is published. Immutable.
 *
 * @param type the event's type; null for {@code message}
 * @param key the idempotency key; null for one that the client makes
 * @param close whether the event closes its channel
 */
public record PublishOptions(@Nullable String type, @Nullable String key, boolean close) {
  /**
   * The verdict.
   *
   * @param id of the event; of the first one with its key, if this was a repetition; null for an
   *     ephemeral event
   * @param duplicate whether an event with the same key had been stored before
   */
  public record Published(@Nullable String id, boolean duplicate) {
    static Published of(JsonNode verdict) {
      return new Published(
          verdict.has("id") ? verdict.get("id").asText() : null,
          verdict.path("duplicate").asBoolean());
    }
  }

  /** With a key of the client's own, and the type {@code message}. */
  public static PublishOptions usual() {
    return new PublishOptions(null, null, false);
  }

  public PublishOptions type(String newType) {
    return new PublishOptions(newType, key, close);
  }

  /** Of several publications of a subject to a channel with the same key, one is stored. */
  public PublishOptions key(String newKey) {
    return new PublishOptions(type, newKey, close);
  }

  /** Closes the channel with this event. */
  public PublishOptions closing() {
    return new PublishOptions(type, key, true);
  }
}
