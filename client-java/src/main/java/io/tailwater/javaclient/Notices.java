package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * What a subscription reports beside its events. Notices come in their place between the events, on
 * the thread that the events come on.
 */
public interface Notices {
  /**
   * The requested position was not available.
   *
   * @param reason {@code expired}, {@code foreign} or {@code skipped}
   * @param earliest events after this position follow; null for a pattern
   * @param partitions of a pattern, the partitions that were reset, each with its {@code earliest};
   *     null if it is about all of them, or for a channel
   */
  record Reset(String reason, @Nullable String earliest, @Nullable JsonNode partitions) {
    static Reset of(JsonNode reset) {
      JsonNode earliest = reset.get("earliest");
      return new Reset(
          reset.path("reason").asText(),
          earliest == null ? null : earliest.asText(),
          reset.get("partitions"));
    }
  }

  /** Events after this position are new. Comes again after each reconnect. */
  default void live(String position) {}

  /** Events are missing here. */
  default void reset(Reset reset) {}

  /** The channel is closed, and all its events were handed over. */
  default void end() {}
}
