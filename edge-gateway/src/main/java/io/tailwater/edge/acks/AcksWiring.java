package io.tailwater.edge.acks;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.tailwater.client.ChannelLog;
import io.tailwater.client.PublishMetrics;
import io.tailwater.client.Publisher;
import io.tailwater.client.ServiceChannel;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.ReadPositions;
import io.tailwater.edge.loop.EdgeLoops;
import jakarta.inject.Named;
import java.time.Duration;

/** Makes the parts of this package. */
@Factory
final class AcksWiring {
  /** Subjects that move their read positions in one second. */
  private static final int MAX_SUBJECTS = 20_000;

  private static final long MAX_WAITING_BYTES = 16L << 20;

  /** Longer than an event-core takes to report that it does not know. */
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  /** From the start on, so that its metrics are there before anyone has a read position. */
  @Context
  ReadMarks marks(
      @Named("event-core") ServiceChannel eventCores,
      Namespaces namespaces,
      ChannelLog log,
      ReadPositions readPositions,
      EdgeLoops loops,
      MeterRegistry meters) {
    Publisher publisher =
        new Publisher(
            eventCores,
            new Publisher.Bounds(MAX_SUBJECTS, MAX_WAITING_BYTES, PATIENCE),
            new PublishMetrics(meters, "tailwater.edge.acks.publish"));
    return new ReadMarks(
        namespaces,
        log,
        readPositions,
        new AckWriter(
            loops.any().eventLoop(), publisher::publish, MAX_SUBJECTS, new AcksMetrics(meters)));
  }
}
