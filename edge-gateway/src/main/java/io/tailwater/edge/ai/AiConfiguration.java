package io.tailwater.edge.ai;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.time.Duration;
import java.util.List;

/**
 * Settings of AI streams at the gateway.
 *
 * @param aiStreams addresses of the ai-stream-services, {@code host:port} of their gRPC
 * @param aiTicketTtl how long a ticket in the URL of a stream's events is good, though never longer
 *     than the token of who asked
 */
@ConfigurationProperties("tailwater.edge")
record AiConfiguration(
    @Bindable(defaultValue = "127.0.0.1:7020") List<String> aiStreams,
    @Bindable(defaultValue = "24h") Duration aiTicketTtl) {
  /** Refuses values out of bounds. */
  AiConfiguration {
    Bounds bounds = new Bounds("tailwater.edge");
    bounds.addresses("ai-streams", aiStreams, "ai-stream-service");
    bounds.between("ai-ticket-ttl", aiTicketTtl, Duration.ofSeconds(1), Duration.ofDays(365));
  }
}
