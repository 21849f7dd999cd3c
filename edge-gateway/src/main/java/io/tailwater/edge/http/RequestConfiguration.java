package io.tailwater.edge.http;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;

/**
 * What one request may ask for, {@code tailwater.edge}.
 *
 * @param channelsPerStream most channels of one stream or poll
 */
@ConfigurationProperties("tailwater.edge")
public record RequestConfiguration(@Bindable(defaultValue = "32") int channelsPerStream) {
  /** Refuses values out of bounds. */
  public RequestConfiguration {
    new Bounds("tailwater.edge").between("channels-per-stream", channelsPerStream, 1, 1000);
  }
}
