package io.tailwater.edge.websocket;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;

/**
 * Settings of every WebSocket, {@code tailwater.edge.ws}. Immutable.
 *
 * @param ping time between the server's pings; a client silent for two of them is closed
 * @param frameBytes most bytes of a client's message
 * @param closeWithin how long a client has to answer a close
 */
@ConfigurationProperties("tailwater.edge.ws")
public record WebSocketConfiguration(
    @Bindable(defaultValue = "25s") Duration ping,
    @Bindable(defaultValue = "65536") @Min(1024) @Max(1 << 20) int frameBytes,
    @Bindable(defaultValue = "3s") Duration closeWithin) {}
