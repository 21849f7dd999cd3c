package io.tailwater.edge.ws;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.time.Duration;

/**
 * Settings of WebSocket connections.
 *
 * @param ping time between the server's pings; a client silent for two of them is closed
 * @param frameBytes most bytes of a client's message
 * @param channels most channels on one connection
 * @param waiting from how many unanswered frames on no more is read from a client
 * @param authWithin how long a client without a token has to send one
 * @param closeWithin how long a client has to answer a close
 */
@ConfigurationProperties("tailwater.edge.ws")
record WsConfiguration(
    @Bindable(defaultValue = "25s") Duration ping,
    @Bindable(defaultValue = "65536") int frameBytes,
    @Bindable(defaultValue = "1000") int channels,
    @Bindable(defaultValue = "256") int waiting,
    @Bindable(defaultValue = "5s") Duration authWithin,
    @Bindable(defaultValue = "3s") Duration closeWithin) {
  /** Refuses values out of bounds. */
  WsConfiguration {
    Bounds bounds = new Bounds("tailwater.edge.ws");
    bounds.between("ping", ping, Duration.ofMillis(100), Duration.ofMinutes(10));
    bounds.between("frame-bytes", frameBytes, 1024, 1 << 20);
    bounds.between("channels", channels, 1, 100_000);
    bounds.between("waiting", waiting, 1, 1_000_000);
    bounds.between("auth-within", authWithin, Duration.ofMillis(10), Duration.ofMinutes(5));
    bounds.between("close-within", closeWithin, Duration.ofMillis(10), Duration.ofMinutes(5));
  }
}
