package io.tailwater.edge.connection;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import jakarta.validation.constraints.Min;
import java.time.Duration;

/**
 * How long connections may wait and how many there may be, {@code tailwater.edge}.
 *
 * @param heartbeat time between signs of life on a quiet stream
 * @param stuckLimit how long a connection may take nothing before it is ended
 * @param openTimeout how long a subscription may wait for the log
 * @param maxConnections most streams on this gateway
 */
@ConfigurationProperties("tailwater.edge")
public record ConnectionConfiguration(
    @Bindable(defaultValue = "15s") Duration heartbeat,
    @Bindable(defaultValue = "60s") Duration stuckLimit,
    @Bindable(defaultValue = "5s") Duration openTimeout,
    @Bindable(defaultValue = "200000") @Min(1) int maxConnections) {}
