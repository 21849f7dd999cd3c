package io.tailwater.edge.connection;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.bind.annotation.Bindable;
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

  public DrainConfiguration {
    require("notice", notice, Duration.ofMinutes(5));
    require("window", window, Duration.ofMinutes(30));
    require("requests", requests, Duration.ofMinutes(1));
    require("max-age", maxAge, Duration.ofDays(30));
  }

  private static void require(String key, Duration value, Duration most) {
    if (value.isNegative() || value.compareTo(most) > 0) {
      throw new ConfigurationException(
          "tailwater.edge.drain." + key + " must be 0s to " + most.toSeconds() + "s");
    }
  }
}
