package io.tailwater.edge.feed;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
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
    @Bindable(defaultValue = "1048576") int tailBytes,
    @Bindable(defaultValue = "134217728") long tailsBytes,
    @Bindable(defaultValue = "16") int pagesAtOnce,
    @Bindable(defaultValue = "60s") Duration partitionLinger) {
  /** Refuses values out of bounds. */
  public LogConfiguration {
    Bounds bounds = new Bounds("tailwater.edge");
    bounds.atLeast("tail-bytes", tailBytes, 1024);
    bounds.atLeast("tails-bytes", tailsBytes, 4096);
    bounds.between("pages-at-once", pagesAtOnce, 1, 10_000);
    bounds.between("partition-linger", partitionLinger, Duration.ZERO, Duration.ofDays(1));
  }
}
