package io.tailwater.edge.http;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.time.Duration;

/**
 * How long a client may take over a request, {@code tailwater.edge.requests}. Event streams and
 * WebSockets have times of their own.
 *
 * @param headWithin for the head of a request, from its first byte on; 100 ms to 5 min
 * @param bodyWithin for a body, besides what {@code bodyRate} gives it; 100 ms to 5 min
 * @param bodyRate bytes of a body for which it has another second, 1 or more
 * @param idle how long a connection may be without a request, and how long it may take nothing of
 *     an answer; 100 ms to 1 h
 */
@ConfigurationProperties("tailwater.edge.requests")
public record RequestTimes(
    @Bindable(defaultValue = "10s") Duration headWithin,
    @Bindable(defaultValue = "15s") Duration bodyWithin,
    @Bindable(defaultValue = "8192") int bodyRate,
    @Bindable(defaultValue = "75s") Duration idle) {
  private static final Duration MIN = Duration.ofMillis(100);

  /** Refuses values out of bounds. */
  public RequestTimes {
    Bounds bounds = new Bounds("tailwater.edge.requests");
    bounds.between("head-within", headWithin, MIN, Duration.ofMinutes(5));
    bounds.between("body-within", bodyWithin, MIN, Duration.ofMinutes(5));
    bounds.atLeast("body-rate", bodyRate, 1);
    bounds.between("idle", idle, MIN, Duration.ofHours(1));
  }
}
