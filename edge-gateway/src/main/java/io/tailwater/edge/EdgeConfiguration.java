package io.tailwater.edge;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Size;
import java.time.Duration;
import java.util.List;

/**
 * Settings of the gateway.
 *
 * @param eventCores addresses of the event-cores, {@code host:port} of their gRPC
 * @param jwtKey secret that tokens and tickets are signed with (HS256), base64url, at least 32
 *     bytes
 * @param origins web origins whose pages may use this gateway, e.g. {@code
 *     https://app.example.com}; {@code *}: any, without credentials
 * @param heartbeat time between signs of life on a quiet stream
 * @param stuckLimit how long a connection may take nothing before it is ended
 * @param openTimeout how long a subscription may wait for the log
 * @param tailBytes most bytes of one channel's newest events kept here
 * @param tailsBytes most bytes of all of them
 * @param pagesAtOnce how many pages of history are read at once
 * @param partitionLinger how long a partition without subscribers is followed
 * @param channelsPerStream most channels on one SSE stream
 * @param maxConnections most streams on this gateway
 * @param dev demo page and fault buttons, for the launcher only: they let anyone reset connections
 * @param devKill whether one of those buttons may end this process
 */
@ConfigurationProperties("tailwater.edge")
public record EdgeConfiguration(
    @NotEmpty List<String> eventCores,
    @Size(min = 43) String jwtKey,
    @Bindable(defaultValue = "") List<String> origins,
    @Bindable(defaultValue = "15s") Duration heartbeat,
    @Bindable(defaultValue = "60s") Duration stuckLimit,
    @Bindable(defaultValue = "5s") Duration openTimeout,
    @Bindable(defaultValue = "1048576") @Min(4096) int tailBytes,
    @Bindable(defaultValue = "134217728") @Min(65536) long tailsBytes,
    @Bindable(defaultValue = "16") @Min(1) int pagesAtOnce,
    @Bindable(defaultValue = "60s") Duration partitionLinger,
    @Bindable(defaultValue = "32") @Min(1) @Max(1000) int channelsPerStream,
    @Bindable(defaultValue = "200000") @Min(1) int maxConnections,
    @Bindable(defaultValue = "false") boolean dev,
    @Bindable(defaultValue = "false") boolean devKill) {}
