package io.tailwater.edge.frames;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.time.Duration;

/**
 * Settings of conversations in frames, {@code tailwater.edge.ws}. Immutable.
 *
 * @param channels most channels on one connection
 * @param waiting the number of unanswered frames at which no more is read from a client
 * @param authWithin how long a client without a token has to send one
 */
@ConfigurationProperties("tailwater.edge.ws")
record FramesConfiguration(
    @Bindable(defaultValue = "1000") int channels,
    @Bindable(defaultValue = "256") int waiting,
    @Bindable(defaultValue = "5s") Duration authWithin) {
  /** Refuses values out of bounds. */
  FramesConfiguration {
    Bounds bounds = new Bounds("tailwater.edge.ws");
    bounds.between("channels", channels, 1, 100_000);
    bounds.between("waiting", waiting, 1, 1_000_000);
    bounds.between("auth-within", authWithin, Duration.ofMillis(10), Duration.ofMinutes(5));
  }
}
