package io.tailwater.edge.acks;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.tailwater.client.ChannelLog;
import io.tailwater.client.PublishMetrics;
import io.tailwater.client.Publisher;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.Publishers;
import io.tailwater.edge.log.ReadPositions;
import io.tailwater.edge.loop.EdgeLoops;

/** Makes the parts of this package. */
@Factory
final class AcksWiring {
  /** Subjects that move their read positions in one second. */
  private static final int MAX_SUBJECTS = 20_000;

  private static final long MAX_WAITING_BYTES = 16L << 20;

  /** From the start on, so that its metrics are there before anyone has a read position. */
  @Context
  ReadMarks marks(
      Publishers publishers,
      Namespaces namespaces,
      ChannelLog log,
      ReadPositions readPositions,
      EdgeLoops loops,
      MeterRegistry meters) {
    Publisher publisher =
        publishers.open(
            MAX_SUBJECTS,
            MAX_WAITING_BYTES,
            new PublishMetrics(meters, "tailwater.edge.acks.publish"));
    return new ReadMarks(
        namespaces,
        log,
        readPositions,
        new AckWriter(
            loops.any().eventLoop(), publisher::publish, MAX_SUBJECTS, new AcksMetrics(meters)));
  }
}
