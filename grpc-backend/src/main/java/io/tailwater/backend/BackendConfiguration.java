package io.tailwater.backend;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.time.Duration;
import java.util.List;

/**
 * Settings of the backend. Immutable.
 *
 * @param eventCores addresses of the event-cores, {@code host:port} of their gRPC
 * @param calls most calls of one gateway that run at the same time; further ones wait at the
 *     gateway
 * @param shutdownGrace how long calls may still run when the service stops
 */
@ConfigurationProperties(BackendConfiguration.PREFIX)
record BackendConfiguration(
    @Bindable(defaultValue = "127.0.0.1:7010") List<String> eventCores,
    @Bindable(defaultValue = "1000") int calls,
    @Bindable(defaultValue = "5s") Duration shutdownGrace) {
  /** Its place in the configuration. */
  static final String PREFIX = "tailwater.backend";

  /** Refuses values out of bounds. */
  BackendConfiguration {
    Bounds bounds = new Bounds(PREFIX);
    bounds.addresses("event-cores", eventCores, "event-core");
    bounds.between("calls", calls, 1, 1_000_000);
    bounds.between("shutdown-grace", shutdownGrace, Duration.ZERO, Duration.ofMinutes(1));
  }
}
