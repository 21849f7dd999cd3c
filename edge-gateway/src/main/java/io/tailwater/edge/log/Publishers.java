package io.tailwater.edge.log;

import io.grpc.Channel;
import io.tailwater.client.PublishMetrics;
import io.tailwater.client.Publisher;
import java.time.Duration;
import java.util.function.Supplier;

/** Opens publishers to the event-cores, of which none fills the places of another. Any thread. */
public final class Publishers {
  /** Longer than an event-core takes to report that it does not know. */
  public static final Duration PATIENCE = Duration.ofSeconds(15);

  private final Supplier<Channel> eventCores;

  /**
   * @param eventCores the channel of the thread that publishes
   */
  public Publishers(Supplier<Channel> eventCores) {
    this.eventCores = eventCores;
  }

  /**
   * Opens one.
   *
   * @param maxWaiting publications that may wait for their verdicts
   * @param maxWaitingBytes their bytes, encoded
   */
  public Publisher open(int maxWaiting, long maxWaitingBytes, PublishMetrics metrics) {
    return new Publisher(
        eventCores, new Publisher.Bounds(maxWaiting, maxWaitingBytes, PATIENCE), metrics);
  }
}
