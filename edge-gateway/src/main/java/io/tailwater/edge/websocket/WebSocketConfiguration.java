package io.tailwater.edge.websocket;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.time.Duration;

/**
 * Settings of every WebSocket, {@code tailwater.edge.ws}. Immutable.
 *
 * @param ping time between the server's pings; a client silent for two of them is closed
 * @param frameBytes most bytes of a client's message
 * @param closeWithin how long a client has to answer a close
 * @param contexts most connections whose compressed messages may refer to earlier ones
 */
@ConfigurationProperties("tailwater.edge.ws")
public record WebSocketConfiguration(
    @Bindable(defaultValue = "15s") Duration ping,
    @Bindable(defaultValue = "65536") int frameBytes,
    @Bindable(defaultValue = "3s") Duration closeWithin,
    @Bindable(defaultValue = "1000") int contexts) {
  /** Refuses values out of bounds. */
  public WebSocketConfiguration {
    Bounds bounds = new Bounds("tailwater.edge.ws");
    bounds.between("ping", ping, Duration.ofMillis(100), Duration.ofMinutes(10));
    bounds.between("frame-bytes", frameBytes, 1024, 1 << 20);
    bounds.between("close-within", closeWithin, Duration.ofMillis(10), Duration.ofMinutes(5));
    bounds.between("contexts", contexts, 0, 100_000);
  }
}
