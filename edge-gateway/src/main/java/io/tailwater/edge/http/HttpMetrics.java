package io.tailwater.edge.http;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** Counts why the gateway ends connections that speak HTTP. Any thread. */
final class HttpMetrics {
  private final Map<Reason, Counter> ended = new EnumMap<>(Reason.class);

  HttpMetrics(MeterRegistry meters) {
    for (Reason reason : Reason.values()) {
      ended.put(
          reason,
          Counter.builder("tailwater.edge.http.ended")
              .description("HTTP connections that the gateway ended, by reason")
              .tag("reason", reason.name().toLowerCase(Locale.ROOT))
              .register(meters));
    }
  }

  /** Why a connection ends. */
  enum Reason {
    MALFORMED,
    SLOW_HEAD,
    SLOW_BODY,
    /** It had no request for too long. */
    IDLE,
    /** Its client took nothing of an answer for too long. */
    UNREAD,
    /** Its address has too many. */
    TOO_MANY
  }

  /** A connection is ended. */
  void ended(Reason reason) {
    Objects.requireNonNull(ended.get(reason)).increment();
  }
}
