package io.tailwater.edge.http;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;

/**
 * What one request may ask for, {@code tailwater.edge}.
 *
 * @param channelsPerStream most channels of one stream or poll
 */
@ConfigurationProperties("tailwater.edge")
public record RequestConfiguration(
    @Bindable(defaultValue = "32") @Min(1) @Max(1000) int channelsPerStream) {}
