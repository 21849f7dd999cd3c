package io.tailwater.edge.limits;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.util.List;

/**
 * Limits for subjects and addresses, {@code tailwater.edge.limits}. Each is of one gateway, and 0
 * means no limit. Of a rate, one second's worth may be used at once. Clients without a token have
 * no subject, so only their addresses are limited.
 *
 * @param connectionsPerSubject connections of one subject
 * @param connectionsPerAddress connections from one address
 * @param publishesPerSecondPerSubject publications of one subject; each line of a batch is one
 * @param publishesPerSecondPerAddress publications from one address
 * @param replayBytesPerSecondPerSubject replayed data of one subject's connections
 * @param replayBytesPerSecond data that is read from the log for all replays
 * @param socketsPerAddress accepted sockets of one address, whatever comes over them; trusted
 *     proxies have no limit
 * @param bodyBytes bytes of request bodies that have arrived in part, of all clients; 8 MiB or more
 * @param bodyBytesPerAddress the same, of one address
 * @param tracked how many subjects or addresses each rate keeps, 1,000 or more; when there are more
 *     in use, new ones may be held back for what evicted ones used
 * @param trustedProxies addresses and networks of proxies, e.g. {@code 10.0.0.0/8}, whose {@code
 *     X-Forwarded-For} is trusted; otherwise an address is the socket's
 */
@ConfigurationProperties("tailwater.edge.limits")
public record EdgeLimits(
    @Bindable(defaultValue = "0") int connectionsPerSubject,
    @Bindable(defaultValue = "0") int connectionsPerAddress,
    @Bindable(defaultValue = "0") long publishesPerSecondPerSubject,
    @Bindable(defaultValue = "0") long publishesPerSecondPerAddress,
    @Bindable(defaultValue = "0") long replayBytesPerSecondPerSubject,
    @Bindable(defaultValue = "0") long replayBytesPerSecond,
    @Bindable(defaultValue = "0") int socketsPerAddress,
    @Bindable(defaultValue = "67108864") long bodyBytes,
    @Bindable(defaultValue = "16777216") long bodyBytesPerAddress,
    @Bindable(defaultValue = "100000") int tracked,
    @Bindable(defaultValue = "") List<String> trustedProxies) {
  private static final long MIN_BODY_BYTES = 8L << 20;

  /** No limits. */
  public static final EdgeLimits NONE =
      new EdgeLimits(0, 0, 0, 0, 0, 0, 0, 64L << 20, 0, 100_000, List.of());

  /** Refuses values out of bounds. */
  public EdgeLimits {
    Bounds bounds = new Bounds("tailwater.edge.limits");
    bounds.atLeast("connections-per-subject", connectionsPerSubject, 0);
    bounds.atLeast("connections-per-address", connectionsPerAddress, 0);
    bounds.atLeast("publishes-per-second-per-subject", publishesPerSecondPerSubject, 0);
    bounds.atLeast("publishes-per-second-per-address", publishesPerSecondPerAddress, 0);
    bounds.atLeast("replay-bytes-per-second-per-subject", replayBytesPerSecondPerSubject, 0);
    bounds.atLeast("replay-bytes-per-second", replayBytesPerSecond, 0);
    bounds.atLeast("sockets-per-address", socketsPerAddress, 0);
    bounds.atLeast("body-bytes", bodyBytes, MIN_BODY_BYTES);
    bounds.atLeast("body-bytes-per-address", bodyBytesPerAddress, 0);
    bounds.atLeast("tracked", tracked, 1_000);
    // An unset list arrives as one blank entry.
    trustedProxies = trustedProxies.stream().filter(proxy -> !proxy.isBlank()).toList();
  }
}
