package io.tailwater.edge.acks;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts read positions. Any thread. */
final class AcksMetrics {
  private final Counter records;
  private final Counter moved;
  private final AtomicInteger subjects = new AtomicInteger();

  AcksMetrics(MeterRegistry meters) {
    records =
        Counter.builder("tailwater.edge.acks.records")
            .description("records of read positions that were sent to the log")
            .register(meters);
    moved =
        Counter.builder("tailwater.edge.acks.moved")
            .description("read positions in these records")
            .register(meters);
    Gauge.builder("tailwater.edge.acks.subjects", subjects, AtomicInteger::get)
        .description("subjects whose read positions have moved within the last second")
        .register(meters);
  }

  /** A record with this many positions is being written. */
  void record(int positions) {
    records.increment();
    moved.increment(positions);
  }

  /** How many subjects are writing now. */
  void subjects(int now) {
    subjects.set(now);
  }
}
