package io.tailwater.edge.roster;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.time.Duration;

/**
 * Settings of presence, {@code tailwater.edge.presence}. Immutable.
 *
 * @param lease a gateway that did not renew its lease for this long counts as dead; the same on all
 *     gateways
 * @param connections most connections of members that this gateway holds
 */
@ConfigurationProperties("tailwater.edge.presence")
record PresenceConfiguration(
    @Bindable(defaultValue = "15s") Duration lease,
    @Bindable(defaultValue = "500000") int connections) {
  /** Refuses values out of bounds. */
  PresenceConfiguration {
    Bounds bounds = new Bounds("tailwater.edge.presence");
    bounds.between("lease", lease, Duration.ofSeconds(5), Duration.ofMinutes(5));
    bounds.between("connections", connections, 1, 100_000_000);
  }
}
