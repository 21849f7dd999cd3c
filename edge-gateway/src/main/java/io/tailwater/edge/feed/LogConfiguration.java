package io.tailwater.edge.feed;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import jakarta.validation.constraints.Min;
import java.time.Duration;

/**
 * What a gateway keeps of the log, {@code tailwater.edge}.
 *
 * @param tailBytes the bound for one channel's newest events, bytes
 * @param tailsBytes the bound for all channels together, bytes
 * @param pagesAtOnce how many pages of history are read at one time
 * @param partitionLinger how long a partition without subscribers is followed
 */
@ConfigurationProperties("tailwater.edge")
public record LogConfiguration(
    @Bindable(defaultValue = "1048576") @Min(4096) int tailBytes,
    @Bindable(defaultValue = "134217728") @Min(65536) long tailsBytes,
    @Bindable(defaultValue = "16") @Min(1) int pagesAtOnce,
    @Bindable(defaultValue = "60s") Duration partitionLinger) {}
