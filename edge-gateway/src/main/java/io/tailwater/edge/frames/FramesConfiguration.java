package io.tailwater.edge.frames;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import java.time.Duration;

/**
 * Settings of conversations in frames, {@code tailwater.edge.ws}. Immutable.
 *
 * @param channels most channels on one connection
 * @param waiting the number of unanswered frames at which no more is read from a client
 * @param authWithin how long a client without a token has to send one
 */
@ConfigurationProperties("tailwater.edge.ws")
record FramesConfiguration(
    @Bindable(defaultValue = "1000") @Min(1) @Max(100_000) int channels,
    @Bindable(defaultValue = "256") @Min(1) int waiting,
    @Bindable(defaultValue = "5s") Duration authWithin) {}
