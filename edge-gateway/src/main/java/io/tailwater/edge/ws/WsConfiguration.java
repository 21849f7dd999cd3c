package io.tailwater.edge.ws;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
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
    @Bindable(defaultValue = "65536") @Min(1024) @Max(1 << 20) int frameBytes,
    @Bindable(defaultValue = "1000") @Min(1) @Max(100_000) int channels,
    @Bindable(defaultValue = "256") @Min(1) int waiting,
    @Bindable(defaultValue = "5s") Duration authWithin,
    @Bindable(defaultValue = "3s") Duration closeWithin) {}
