package io.tailwater.edge.connection;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.time.Duration;

/**
 * How clients are sent to another gateway, {@code tailwater.edge.drain}.
 *
 * @param notice how long a gateway that was told to stop still takes connections, so that whoever
 *     looks at its readiness can leave it out; up to 5 min
 * @param window over how long it then spreads its disconnects; 0: all at once; up to 30 min
 * @param requests how long requests that are under way have after that; up to 1 min
 * @param maxAge how old a connection may get, so that clients spread to gateways that were added; 0
 *     (the default): any age. It is kept to a tenth and to a heartbeat
 */
@ConfigurationProperties("tailwater.edge.drain")
public record DrainConfiguration(
    @Bindable(defaultValue = "0s") Duration notice,
    @Bindable(defaultValue = "10s") Duration window,
    @Bindable(defaultValue = "5s") Duration requests,
    @Bindable(defaultValue = "0s") Duration maxAge) {

  /** Refuses values out of bounds. */
  public DrainConfiguration {
    Bounds bounds = new Bounds("tailwater.edge.drain");
    bounds.between("notice", notice, Duration.ZERO, Duration.ofMinutes(5));
    bounds.between("window", window, Duration.ZERO, Duration.ofMinutes(30));
    bounds.between("requests", requests, Duration.ZERO, Duration.ofMinutes(1));
    bounds.between("max-age", maxAge, Duration.ZERO, Duration.ofDays(30));
  }
}
